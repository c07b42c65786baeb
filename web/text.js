// Everything the page says, in each language it speaks. {name} is filled in by t().
// state.*: the word in a tile's caption; why.*: the sentence over its picture; link.*: the header.

const texts = {
  en: {
    other: '中文',
    cameras: 'Cameras',
    alerts: 'Alerts',
    alert: 'Alert {name}: {figure} is {value} (limit: {op} {limit}), since {time}',
    theme: 'Switch between light and dark',
    pause: 'Pause {name}',
    play: 'Resume {name}',
    save: 'Download a snapshot of {name}',
    full: 'Full screen: {name}',
    picture: 'Picture of {name}',
    fps: 'FPS',
    age: 'Age',
    skipped: 'Skipped',
    size: 'Size',
    frame: 'Frame',
    memory: 'Server memory',
    cpu: 'CPU',
    viewers: 'Viewers',
    board: 'Board memory',
    uptime: 'Up',
    'state.connecting': 'connecting',
    'state.live': 'live',
    'state.starting': 'waiting for the camera',
    'state.lost': 'camera lost',
    'state.error': 'camera error',
    'state.unreachable': 'server unreachable',
    'state.broken': 'connection refused',
    'state.full': 'server full',
    'state.paused': 'paused',
    'why.connecting': 'Connecting to the server.',
    'why.starting': 'The picture appears as soon as the camera delivers one.',
    'why.lost': 'The device is gone or frozen. The server keeps looking for it.',
    'why.error': 'The camera cannot be used as it is. The server keeps trying.',
    'why.unreachable': 'The picture comes back by itself.',
    'why.broken': 'The server answers, but refuses the video connection.',
    'why.full': 'Every place is taken. You get in when a viewer leaves.',
    'why.paused': '',
    'link.connecting': 'Connecting',
    'link.open': 'Connected',
    'link.unreachable': 'Server unreachable',
    'link.broken': 'Connection refused',
    'link.full': 'Server full',
    'link.missing': 'No such camera',
    retry: 'Retrying in {s} s',
    retrying: 'Retrying',
    missing: 'The server has no camera named {names}.\nIt has: {known}',
    none: 'none',
    old: 'This browser is too old to show the pictures.',
  },
  'zh-CN': {
    other: 'English',
    cameras: '摄像头',
    alerts: '告警',
    alert: '告警 {name}：{figure} 当前为 {value}（触发条件：{op} {limit}），自 {time} 起',
    theme: '切换浅色与深色',
    pause: '暂停 {name}',
    play: '继续 {name}',
    save: '下载 {name} 的快照',
    full: '全屏显示 {name}',
    picture: '{name} 的画面',
    fps: '帧率',
    age: '延迟',
    skipped: '跳帧',
    size: '尺寸',
    frame: '单帧',
    memory: '服务内存',
    cpu: 'CPU',
    viewers: '观看者',
    board: '整机内存',
    uptime: '已运行',
    'state.connecting': '正在连接',
    'state.live': '实时',
    'state.starting': '等待摄像头',
    'state.lost': '摄像头丢失',
    'state.error': '摄像头错误',
    'state.unreachable': '无法连接服务器',
    'state.broken': '连接被拒绝',
    'state.full': '观看人数已满',
    'state.paused': '已暂停',
    'why.connecting': '正在连接服务器。',
    'why.starting': '摄像头送出画面后会立即显示。',
    'why.lost': '设备已断开或停止响应，服务器正在持续重试。',
    'why.error': '摄像头目前无法使用，服务器正在持续重试。',
    'why.unreachable': '恢复后画面会自动继续。',
    'why.broken': '服务器有响应，但拒绝了视频连接。',
    'why.full': '名额已满，有人离开后会自动进入。',
    'why.paused': '',
    'link.connecting': '正在连接',
    'link.open': '已连接',
    'link.unreachable': '无法连接服务器',
    'link.broken': '连接被拒绝',
    'link.full': '观看人数已满',
    'link.missing': '没有此摄像头',
    retry: '{s} 秒后重试',
    retrying: '正在重试',
    missing: '服务器上没有名为 {names} 的摄像头。\n现有：{known}',
    none: '无',
    old: '此浏览器版本过旧，无法显示画面。',
  },
};

let language = 'en';

export function speak(tag) {
  language = tag;
}

// The saved one, else the first of the browser's that there is.
export function preferredLanguage(saved) {
  if (Object.hasOwn(texts, saved)) {
    return saved;
  }
  const tag = navigator.languages.find((one) => /^(zh|en)\b/i.test(one)) ?? 'en';
  return /^zh/i.test(tag) ? 'zh-CN' : 'en';
}

export function t(key, values) {
  return texts[language][key].replace(/\{(\w+)\}/g, (whole, name) => values?.[name] ?? whole);
}

export function number(value, digits = 0, most = digits) {
  return value.toLocaleString(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: most,
  });
}

export function moment(date) {
  return date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}

export function duration(seconds) {
  const units = { day: 86400, hour: 3600, minute: 60, second: 1 };
  const unit = Object.keys(units).find((one) => seconds >= units[one]) ?? 'second';
  const value = seconds / units[unit];
  return value.toLocaleString(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && units[unit] > 60 ? 1 : 0,
  });
}
