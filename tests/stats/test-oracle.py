"""twinlens soak --judge against NumPy and SciPy: the same slopes, and the same intervals but for chance.

The windows, the blocks and the correction are written here a second time, from the documentation; the slope and
the bootstrap are SciPy's.
"""

import json
import math
import tempfile
import unittest

from harness import figure, main, run_twinlens

try:
    import numpy as np
    from scipy import stats
except ImportError:
    np = None

SERIES = 200
PAGE = 4096
KIB = 1024


def random_series(rng, hours):
    """Times and bytes: a random leak, with autocorrelated noise, in whole pages."""
    n = hours * 360
    keep = rng.choice([0, math.exp(-10 / 60), math.exp(-10 / 300), math.exp(-10 / 900)])
    noise = np.zeros(n)
    shocks = rng.normal(size=n) * math.sqrt(1 - keep**2)
    noise[0] = rng.normal()
    for i in range(1, n):
        noise[i] = keep * noise[i - 1] + shocks[i]
    time_s = np.arange(n) * 10.0
    value = 13e6 + rng.uniform(-50, 200) * KIB * time_s / 3600 + rng.uniform(8, 40) * KIB * noise
    return time_s, np.ceil(value / PAGE) * PAGE


def minima(time_s, value):
    """The middle of each window in hours, and its minimum."""
    duration = time_s[-1] + 10
    warm_up = min(max(600, duration / 10), 1800)
    width = max(60, duration / 60)
    number = np.floor((time_s - warm_up) / width + 1e-6).astype(int)
    count = math.floor((duration - warm_up) / width + 1e-6)
    hours = (warm_up + (np.arange(count) + 0.5) * width) / 3600
    return hours, np.array([value[number == i].min() for i in range(count)])


def interval(hours, low, tail, rng):
    """Both ends of the interval of the slope, by moving blocks of the residuals."""
    n = len(hours)
    block = max(n // 5, 4)
    slope = stats.theilslopes(low, hours).slope
    share = block / n
    residuals = (low - slope * hours) / math.sqrt(1 - share * (1 + (1 - share) ** 2))
    first, second = np.triu_indices(n, 1)
    reach = hours[second] - hours[first]
    blocks = math.ceil(n / block)

    def slopes(starts, axis=-1):
        """Of series whose blocks begin at the first few of the drawn starts."""
        index = starts[..., :blocks].astype(int)[..., np.newaxis] + np.arange(block)
        drawn = residuals[index.reshape(*index.shape[:-2], -1)[..., :n]]
        return slope + np.median((drawn[..., second] - drawn[..., first]) / reach, axis=axis)

    starts = np.arange(n - block + 1)
    result = stats.bootstrap((starts,), slopes, n_resamples=999, vectorized=True, method="percentile",
                             random_state=rng)
    return np.quantile(result.bootstrap_distribution, [tail, 1 - tail], method="weibull")


@unittest.skipUnless(np, "there is no python3-scipy; script/bootstrap test stats installs it")
class Oracle(unittest.TestCase):
    def judge(self, time_s, value):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.writelines(f"{t:.0f},{v:.0f}\n" for t, v in zip(time_s, value))
            file.flush()
            result = run_twinlens("soak", "--judge", file.name, "--json")
        return json.loads(result.stdout)["series"]["bytes"]

    def test_random_series(self):
        rng = np.random.default_rng(20261127)
        differences = []
        for i in range(SERIES):
            length = 4 if i % 4 == 0 else 1
            time_s, value = random_series(rng, length)
            answer = self.judge(time_s, value)
            hours, low = minima(time_s, value)
            self.assertEqual(answer["windows"], len(hours))
            self.assertEqual(answer["steps"], [])
            slope = 24 * stats.theilslopes(low, hours).slope
            self.assertAlmostEqual(answer["slope_bytes_per_day"], slope, delta=1e-9 * max(abs(slope), 1e6))
            third = len(hours) // 3
            for k, got in enumerate(answer["thirds_bytes_per_day"]):
                part = slice(k * (len(hours) - third) // 2, k * (len(hours) - third) // 2 + third)
                wanted = 24 * stats.theilslopes(low[part], hours[part]).slope
                self.assertAlmostEqual(got, wanted, delta=1e-9 * max(abs(wanted), 1e6))
            tail = (1 - answer["level_percent"] / 100) / 2
            ends = 24 * interval(hours, low, tail, rng)
            width = ends[1] - ends[0]
            got = np.array([answer["bootstrap"]["low"], answer["bootstrap"]["high"]])
            differences.append((got - ends) / width)
        differences = np.array(differences)
        # An end is the fifth of 999 draws, or nearer to the edge, and varies by 3 to 4 % of the width on either side.
        # SciPy's part of that averages out; ours does not, as each series is judged with the same draws.
        self.assertLess(np.abs(differences).max(), 0.3)
        self.assertLess(np.abs(differences.mean(axis=0)).max(), 0.04)
        mean, most = 100 * differences.mean(axis=0), 100 * np.abs(differences).max()
        figure(f"{SERIES} series: slopes equal SciPy's; ends of intervals differ by {mean[0]:.2f} % and {mean[1]:.2f} % "
               f"of their width on average, at most {most:.0f} %")


main()
