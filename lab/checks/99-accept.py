"""Whether 4 GB are enough, decided on the board"""

import re

from accept import accept, cameras, check_judged, check_near

JUDGED = ["F1", "F2", "F4", "P2", "P4", "P5", "P6", "P7", "P8", "S2", "S3", "S4"]


def run(lab):
    board = lab.board
    board.run("systemctl is-system-running --wait", 120)
    with cameras(lab):
        check_judged(lab, accept(lab, "baseline", JUDGED), JUDGED)
    status = board.run("twinlens tune apply", 180).status
    lab.check("tune apply", status == 0, f"exit status {status}")
    board.restart()
    board.run("systemctl is-system-running --wait", 120)
    with cameras(lab):
        run = accept(lab, "hardware", [*JUDGED, "P1"])
    check_judged(lab, run, [*JUDGED, "P1"])
    check_memory(lab, run)
    check_server(lab, run)
    check_rest(lab, run)
    check_boxes(lab, run)


def check_memory(lab, run):
    """By free, which saw other moments, and the rounds of recovery after them."""
    free = run.figures("free")
    total = free[0][0]
    least = min(available for _, available in free)
    print("\nEach figure of the hardware stage, and that of another program", flush=True)
    check_near(lab, "F4, memory in use: free", run.criterion("F4")["value"], 100 * (total - least) / total, 0.15, "%")
    check_near(lab, "P7, room for the cache: free", run.criterion("P7")["value"], least, 0.05, "MiB")
    check_near(lab, "P8, the margin: free", run.criterion("P8")["value"], least - 500, 0.05, "MiB")
    base, used = run.criterion("P6")["value"], total - least
    lab.check("   P6, the system: free less the server", used - 60 < base < used, f"{base:.0f} of {used:.0f} MiB")


def check_server(lab, run):
    pss = max(figure[0] for figure in run.figures("pss"))
    rss = max(figure[0] for figure in run.figures("rss"))
    ours = run.criterion("P5")["value"]
    check_near(lab, "P5, the server: its smaps added up", ours, pss, 0.2, "MiB")
    lab.check("   P5 and less than ps has it: RSS", ours <= rss, f"{ours:.1f} of {rss:.1f} MiB")


def check_rest(lab, run):
    said = lab.board.must("systemd-analyze time", 60)
    total = re.search(r"= (?:(\d+)min )?([\d.]+)s", said)
    theirs = 60 * float(total[1] or 0) + float(total[2])
    check_near(lab, "P4, start-up: systemd-analyze", run.criterion("P4")["value"] or 0, theirs, 1e-3, "s")
    if not run.rates or run.criterion("F1")["value"] is None:
        lab.skip("F1, the slowest camera: ffprobe", "no ffprobe, or it was too busy")
    else:
        ours, theirs = run.criterion("F1")["value"], min(run.rates.values())
        good = abs(ours - theirs) <= 0.15 * ours
        lab.judge("   F1, the slowest camera: ffprobe", good, f"{ours:.1f} fps, {theirs:.1f} fps", run.others)
    index = lab.board.run("cat /sys/kernel/debug/extfrag/extfrag_index").output
    best = [max(column) for column in zip(*([float(word) for word in line.split()[4:]] for line in index.splitlines()))]
    ours = run.criterion("S4")["value"]
    lab.check("   S4, fragmentation: extfrag_index", bool(best) and (ours < 0) == (max(best[4:10]) < 0),
              f"{ours:.3f}, {max(best[4:10], default=9):.3f}")
    evidence = run.criterion("S3")["evidence"]
    opened = "opened and closed 50 times" in evidence and "pulled out and put back" in evidence
    lab.check("   S3: a camera was pulled out, and opened 50 times", opened, evidence[:120])


def check_boxes(lab, run):
    boxes = {item["id"]: item["state"] for item in run.report["checklist"]}
    found = [name for name in ("C01", "C03", "C04", "C12", "C15") if boxes[name] == "found"]
    lab.check("what tune did and the machine is ticks its boxes", len(found) == 5, " ".join(found))
