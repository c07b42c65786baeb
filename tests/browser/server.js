// A real server on a port of its own, stopped with the test that started it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_LIMIT_MS = 10000;
const STOP_LIMIT_MS = 5000;

export const TWO_CAMERAS = [
  '--camera',
  'cam0=synthetic,size=640x480,fps=30',
  '--camera',
  'cam1=synthetic,size=640x480,fps=30,format=mjpeg',
];

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

class Server {
  constructor(port, options) {
    this.url = `http://127.0.0.1:${port}/`;
    this.command = ['serve', '-c', '/dev/null', '--listen', `127.0.0.1:${port}`, ...options];
    this.process = null;
  }

  async start() {
    this.log = '';
    this.process = spawn(process.env.TWINLENS, this.command, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process.stderr.on('data', (text) => (this.log = (this.log + text).slice(-4000)));
    this.ended = once(this.process, 'exit');
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.answers())) {
      if (Date.now() > deadline || this.process.exitCode !== null) {
        throw new Error(`the server did not start (${this.process.exitCode}):\n${this.log}`);
      }
      await sleep(50);
    }
  }

  async answers() {
    try {
      return Boolean(await this.status());
    } catch {
      return false;
    }
  }

  async status() {
    const answer = await fetch(new URL('api/status', this.url));
    return answer.json();
  }

  async stop() {
    if (this.process?.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      const late = setTimeout(() => this.process.kill('SIGKILL'), STOP_LIMIT_MS);
      await this.ended;
      clearTimeout(late);
    }
  }
}

export async function startServer(t, ...options) {
  const server = new Server(await freePort(), options.length ? options : TWO_CAMERAS);
  t.after(() => server.stop());
  await server.start();
  return server;
}

// Waits until check() is true-ish and returns its value; fails with what it gave last.
export async function until(what, check, limitMs = 10000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${limitMs} ms: ${what}`);
    }
    await sleep(100);
  }
}
