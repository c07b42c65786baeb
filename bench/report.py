"""The results as a table, and against the bars."""

COLUMNS = (
    ("CPU %", "cpu_percent", "{:.2f}"), ("fps min", "fps_min", "{:.1f}"), ("lost", "lost", "{:d}"),
    ("p50 ms", "p50_ms", "{:.2f}"), ("p99 ms", "p99_ms", "{:.2f}"),
    ("switches", "voluntary_switches_per_frame", "{:.1f}"), ("faults", "page_faults_per_frame", "{:.1f}"),
    ("RSS MB", "rss_kb", "{:.1f}"), ("PSS MB", "pss_kb", "{:.1f}"), ("priv. MB", "private_dirty_kb", "{:.1f}"),
    ("wake/s", "wakeups_per_second", "{:.1f}"), ("others %", "others_cpu_percent", "{:.0f}"),
)
NOISY_PERCENT = 20


def find(rows, scenario, viewers, system):
    for row in rows:
        if (row["scenario"], row["viewers"], row["system"]) == (scenario, viewers, system):
            return row
    return None


def ratio(ours, theirs, key="cpu_percent"):
    return round(ours[key] / theirs[key], 3) if ours and theirs and theirs.get(key) else None


def encoder_ratio(ours, floor):
    """The processor time of the camera's threads a frame against the bare encoder's."""
    if not ours or not floor or not floor["floor"]["frames"]:
        return None
    seconds = sum(value for name, value in ours["threads_percent"].items() if name.startswith("cam")) / 100
    frames_per_second = 2 * ours["instants"] / ours["seconds"]
    return round(seconds / frames_per_second * 1e9 / (floor["floor"]["encode_ns"] / floor["floor"]["frames"]), 3)


def judge(rows, instructions):
    """Each bar with its figure; None where it was not measured.

    A server that lost a viewer has met no bar with that many: it did not do the work.
    """
    bars = []

    def bar(what, figure, limit, is_least=False, ours=None):
        is_met = None if figure is None else figure >= limit if is_least else figure <= limit
        lost = ours["lost"] if ours else 0
        bars.append({"what": what, "figure": figure, "limit": limit, "least": is_least, "lost": lost,
                     "met": lost == 0 if is_met else is_met})

    def row(*key):
        return find(rows, *key)

    for viewers, limit in ((64, 1.3), (1000, 1.4)):
        ours = row("passthrough", viewers, "twinlens")
        bar(f"CPU, passthrough, {viewers} viewers / floor", ratio(ours, row("passthrough", viewers, "floor")), limit,
            ours=ours)
    bar("CPU, passthrough, 64 viewers / ustreamer",
        ratio(row("passthrough", 64, "twinlens"), row("passthrough", 64, "ustreamer")), 0.5)
    thousand = row("passthrough", 1000, "twinlens")
    bar("slowest of 1000 viewers, frames/s", thousand and thousand["fps_min"], 29.5, is_least=True)
    bar("CPU, two cameras encoded, 4 viewers / two ustreamers",
        ratio(row("two encoded", 4, "twinlens"), row("two encoded", 4, "ustreamer")), 0.5)
    bar("CPU of encoding / planar encode alone",
        encoder_ratio(row("two encoded", 4, "twinlens"), row("two encoded", 4, "floor")), 1.1)
    bar("encoder, instructions on arm64 / without NEON",
        ratio(instructions.get("arm64"), instructions.get("arm64 without NEON"), "instructions"), 0.8)
    four = row("passthrough", 4, "twinlens")
    bar("latency, passthrough, 4 viewers, p50 ms", four and four["p50_ms"], 0.25)
    bar("latency, passthrough, 4 viewers, p99 ms", four and four["p99_ms"], 0.6)
    for viewers, limit in ((4, 0.35), (64, 0.3)):
        bar(f"PSS, two cameras, {viewers} viewers / two ustreamers",
            ratio(row("two cameras", viewers, "twinlens"), row("two cameras", viewers, "ustreamer"), "pss_kb"), limit)
    idle = row("idle", 0, "twinlens")
    bar("wake-ups a second, nobody watching", idle and idle["wakeups_per_second"], 1)
    return bars


def cell(row, key, form):
    value = row.get(key)
    if value is None:
        return "-"
    return form.format(value / 1024 if key.endswith("_kb") else value)


def table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) if i < 2 else text.rjust(width)
                        for i, (text, width) in enumerate(zip(line, widths))).rstrip())


def show_rows(rows):
    lines = [["scenario", "system", "viewers", "/floor", "/ustr.", *(title for title, _, _ in COLUMNS)]]
    for row in rows:
        others = [find(rows, row["scenario"], row["viewers"], name) for name in ("floor", "ustreamer")]
        ratios = [ratio(row, other) if other is not row else None for other in others]
        lines.append([row["scenario"], row["system"], str(row["viewers"]),
                      *("-" if value is None else f"{value:.2f}" for value in ratios),
                      *(cell(row, key, form) for _, key, form in COLUMNS)])
    table(lines)


def show_calls(rows):
    for row in rows:
        if calls := row.get("calls_per_frame_and_viewer"):
            text = ", ".join(f"{name} {count:.2f}" for name, count in calls.items() if count >= 0.01)
            print(f"system calls a frame and viewer, {row['system']}, {row['viewers']} viewers: "
                  f"{sum(calls.values()):.2f} ({text})")


def show_shares(result):
    for row in result["shares"]:
        text = ", ".join(f"{name} {value:g}" for name, value in row.items()
                         if name not in ("scenario", "viewers", "unit"))
        print(f"twinlens, {row['scenario']}, {row['viewers']} viewers, {row['unit']}: {text}")
    for kind, counts in result["instructions_per_frame"].items():
        text = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
        print(f"the encoder, a frame, {kind}: {text}")


def show(result):
    about, pictures = result["machine"], result["pictures"]
    print(f"{about['cores']} cores {about['architecture']}, emulated cameras; {pictures['kind']} {pictures['size']}, "
          f"{pictures['mean_bytes'] / 1000:.1f} KB a picture, 30 a second; {result['seconds']:g} s each\n")
    show_rows(result["rows"])
    print()
    show_calls(result["rows"])
    show_shares(result)
    for what in result["missing"]:
        print(f"SKIP: {what}")
    print()
    for bar in result["bars"]:
        if bar["met"] is None:
            print(f"   n/a  {bar['what']}")
            continue
        sign = ">=" if bar["least"] else "<="
        print(f"{'ok' if bar['met'] else 'MISSED':>6}  {bar['what']}: {bar['figure']} ({sign} {bar['limit']})"
              + (f", {bar['lost']} viewers lost" if bar["lost"] else ""))
    noisy = sum(1 for row in result["rows"] if row.get("others_cpu_percent", 0) > NOISY_PERCENT)
    if noisy:
        print(f"\nnoisy: in {noisy} of {len(result['rows'])} rows others took more than {NOISY_PERCENT} % of a core")
