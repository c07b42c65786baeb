"""4 GB simulated on a board with 8 GB"""

from accept import accept, cameras, check_judged

JUDGED = ["F1", "F2", "F4", "P2", "P4", "P5", "P6", "P7", "P8", "S2", "S3", "S4"]


def run(lab):
    board = lab.board
    board.restart(mib=8192)
    board.run("systemctl is-system-running --wait", 120)
    with cameras(lab):
        run = accept(lab, "simulated", JUDGED)
    check_judged(lab, run, JUDGED)
    simulation = run.report["simulation"]
    lab.check("it says what was taken", "taken from the whole machine" in simulation["summary"], simulation["summary"][:80])
    good = any("CMA" in text for text in simulation["not_reproduced"]) and len(simulation["reproduced"]) >= 3
    lab.check("   and what is not reproduced", good, f"{len(simulation['not_reproduced'])} points")
    totals = [total for total, _ in run.figures("free")]
    available = [available for _, available in run.figures("free")]
    lab.check("   the board has 8 GB", totals[0] > 7500, f"{totals[0]:.0f} MiB")
    lab.check("   as free sees it, not more than 4 GB were there", min(available) < 3838, f"{min(available):.0f} MiB available")
    used = 100 - 100 * min(available) / 3838
    ours = run.criterion("F4")["value"]
    lab.check("   and in use is a share of 4 GB", ours < 30, f"{ours:.1f} %; by free about {used:.0f} %")
    left = board.must("awk '/^Hugetlb:/ {print $2}' /proc/meminfo; cat /proc/sys/vm/nr_overcommit_hugepages").split()
    lab.check("   and all is given back", left == ["0", "0"], " ".join(left))
