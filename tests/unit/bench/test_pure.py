"""The pure parts of the measurements: percentiles, pacing, reading wrk, grouping, rows."""

import dataclasses
import itertools
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from bench import corpus_seal, growth, http, http_registry, http_stages, load, paced, registry
from bench.timing import each, interleaved, percentile

WRK = """Running 3s test @ http://127.0.0.1:1/v1/verifications
  1 threads and 2 connections
  90 requests in 3.00s, 300.00KB read
Requests/sec:     29.99
Transfer/sec:     99.00KB
percentiles_us 61750 105270 124200
"""


class TestPercentile:
    @given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([1, 5, 50, 95, 99, 100]))
    def test_so_many_do_not_exceed_it(self, values: list[float], percent: float) -> None:
        found = percentile(values, percent)
        assert found in values
        assert sum(one <= found for one in values) * 100 >= percent * len(values)
        assert sum(one < found for one in values) * 100 < percent * len(values)

    def test_of_one_value_all_are_that(self) -> None:
        assert {percentile([3.0], one) for one in (1, 50, 99)} == {3.0}


class TestArrivals:
    def test_rate_is_kept_and_the_seed_repeats(self) -> None:
        found = paced.arrivals(50.0, 100.0)
        assert found == paced.arrivals(50.0, 100.0)
        assert found == sorted(found)
        assert 4700 < len(found) < 5300
        assert found[-1] < 100.0

    def test_they_are_not_evenly_spaced(self) -> None:
        found = paced.arrivals(50.0, 100.0)
        gaps = [b - a for a, b in itertools.pairwise(found)]
        assert statistics.pstdev(gaps) == pytest.approx(1 / 50, rel=0.15)

    def test_none_are_due_in_no_time(self) -> None:
        assert paced.arrivals(50.0, 0.0) == []

    def test_rows_tell_the_number_of_requests(self) -> None:
        rows = paced.paced_rows("x", [0.1] * 99 + [9.0])
        assert [one.name for one in rows] == ["x.p50", "x.p95", "x.p99"]
        assert [one.ours for one in rows] == [0.1, 0.1, 0.1]
        assert {one.n for one in rows} == {100}


class TestReadLoad:
    def test_percentiles_and_cpu_a_request(self) -> None:
        found = load.read_load(WRK, 2, 1.8)
        assert found.latency == {50: 0.06175, 95: 0.10527, 99: 0.1242}
        assert (found.requests, found.rate, found.errors) == (90, 29.99, 0)
        assert found.cpu == pytest.approx(0.02)

    def test_errors_are_seen_and_refused(self) -> None:
        found = load.read_load(WRK + "  Non-2xx or 3xx responses: 4\n", 2, 1.0)
        assert found.errors == 4
        with pytest.raises(ValueError, match="requests failed"):
            http.load_rows("http.seal", [found], None)

    @pytest.mark.parametrize("gone", ["Requests/sec", "percentiles_us", "requests in"])
    def test_output_that_lacks_something_is_refused(self, gone: str) -> None:
        with pytest.raises(ValueError, match="did not say"):
            load.read_load(WRK.replace(gone, "?"), 2, 1.0)

    def test_no_request_is_no_division(self) -> None:
        assert load.read_load(WRK.replace("90 requests", "0 requests"), 2, 1.5).cpu == 1.5

    def test_script_quotes_headers(self) -> None:
        text = load.lua(Path("/tmp/b"), {"X": 'a"b'})
        assert 'wrk.headers["X"] = "a\\"b"' in text
        assert "latency:percentile(95)" in text


class TestBelow:
    def test_all_generations_and_no_strangers(self) -> None:
        parents = {2: 1, 3: 2, 4: 3, 5: 1, 6: 5}
        assert load.below(parents, [2]) == {2, 3, 4}

    def test_a_circle_ends(self) -> None:
        assert load.below({1: 2, 2: 1}, [1]) == {1, 2}

    def test_nobody_is_below_nobody(self) -> None:
        assert load.below({2: 1}, []) == set()

    def test_no_service_has_used_no_time(self) -> None:
        assert load.service_cpu("http://127.0.0.1:1") == 0.0


class TestStages:
    @pytest.mark.parametrize(
        ("function", "stage"),
        [
            ("_read", "read"),
            ("_judge", "judge"),
            ("faults_of", "judge"),
            ("prepare_many", "prepare"),
            ("finish", "finish"),
            ("page_size", "read"),
            ("", "work"),
            ("find_keyword", "work"),
        ],
    )
    def test_of_a_function_in_a_worker(self, function: str, stage: str) -> None:
        assert http_stages.worker_stage(function) == stage

    def test_they_sum_up_to_the_total(self) -> None:
        seconds = {
            "read (worker)": 4.0,
            "judge (worker)": 2.0,
            "auth": 1.0,
            "facts and commit": 2.0,
        }
        found = http_stages.stage_seconds(seconds, process=5.0, requests=10)
        assert found.pop("total") == pytest.approx(1.1)
        assert found == pytest.approx(
            {"http": 0.2, "read": 0.4, "judge": 0.2, "auth": 0.1, "facts-and-commit": 0.2}
        )

    def test_the_rest_is_never_below_nothing(self) -> None:
        assert http_stages.stage_seconds({"auth": 2.0}, process=1.9, requests=1)["http"] == 0.0

    def test_every_point_exists_and_is_put_back(self) -> None:
        from sealsvc.areas.verification import keeping
        from sealsvc.storage.uow import UnitOfWork

        before = (keeping.keep, UnitOfWork.commit)
        with http_stages.clocked(http_stages.Stages()):
            assert keeping.keep is not before[0]
            assert UnitOfWork.commit is not before[1]
        assert (keeping.keep, UnitOfWork.commit) == before


class TestRegistry:
    def test_ids_have_the_shape_of_real_ones_and_differ(self) -> None:
        found = {registry.synthetic_id("seal", number) for number in range(1000)}
        assert len(found) == 1000
        assert {len(one) for one in found} == {31}

    @pytest.mark.parametrize("number", [0, 1, 24_999, 99_999_999])
    def test_credit_codes_have_their_check_character(self, number: int) -> None:
        assert uscc.is_valid(registry.synthetic_uscc(number))

    def test_serials_keep_length_and_sign(self) -> None:
        serial = "18503a92d7484e3d6cd8f36f26ea04e83"
        found = {registry.synthetic_serial(serial, number) for number in range(100)}
        assert len(found) == 100
        assert {(len(one), one[0]) for one in found} == {(33, "1")}

    @pytest.mark.parametrize(
        ("number", "label"),
        [(100_000, "100k"), (10**7, "10M"), (1500, "1500"), (0, "0"), (2000, "2k")],
    )
    def test_short_names(self, number: int, label: str) -> None:
        assert http_registry.short(number) == label

    def test_ratio_below_one_is_a_slower_full_registry(self) -> None:
        small = http_registry.Seen([[0.1] * 10, [0.1] * 10], [[0.2], [0.2]], [[0.1], [0.1]])
        full = http_registry.Seen([[0.2] * 10, [0.1] * 10], [[0.4], [0.4]], [[0.1], [0.1]])
        rows = {one.name: one for one in http_registry.registry_row_set(small, full, "100k")}
        contract = rows["http.verify.contract20.100k"]
        assert (contract.ours, contract.baseline, contract.ratio) == (0.4, 0.2, 0.5)
        p95 = rows["http.verify.half.p95.100k"]
        assert (p95.ratio_min, p95.ratio, p95.ratio_max, p95.n) == (0.5, 0.5, 1.0, 20)
        assert rows["http.verify.cpu.100k"].ratio == 1.0


class TestCorpusRows:
    ONE = corpus_seal.Sealed(1, 900, True, False, 0.001, 0.1, 0.0005)

    def test_a_row_for_each_way_and_kind(self) -> None:
        other = dataclasses.replace(self.ONE, fast=False, signed=True, ours=0.2)
        names = [one.name for one in corpus_seal.class_rows([self.ONE, other])]
        assert names == [
            "seal.corpus.ours",
            "seal.corpus.ours.unsigned",
            "seal.corpus.pyhanko",
            "seal.corpus.pyhanko.signed",
        ]

    def test_ratio_is_the_median_of_files(self) -> None:
        files = [dataclasses.replace(self.ONE, ours=0.1 / ratio) for ratio in range(1, 101)]
        (row,) = corpus_seal.corpus_row("x", files)
        assert row.ratio == pytest.approx(50.5)
        assert (row.ratio_min, row.ratio_max) == (pytest.approx(5), pytest.approx(95))
        assert (row.limit_ratio, row.n) == (200.0, 100)

    def test_without_files_there_is_no_row(self) -> None:
        assert corpus_seal.class_rows([]) == []


class TestGrowth:
    @pytest.mark.parametrize(("label", "size"), [("50K", 50_000), ("5M", 5_000_000)])
    def test_sizes(self, label: str, size: int) -> None:
        assert growth.size_of(label) == size

    @pytest.mark.parametrize("label", ["", "K", "50", "5G", "aM"])
    def test_odd_sizes_are_refused(self, label: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            growth.size_of(label)

    def test_a_file_is_about_as_large_as_asked(self) -> None:
        assert len(growth.synthetic(50_000)) == pytest.approx(50_000, rel=0.02)

    def test_without_the_library_the_unit_tells_the_limit(self) -> None:
        row = growth.growth_row("x", {"ours": [2.0, 4.0, 3.0], "limit": [1.0, 1.0, 1.0]})
        assert (row.ours, row.ratio, row.unit) == (3.0, None, "s CPU; limit 1")


def test_interleaved_leaves_the_first_round_out() -> None:
    calls: list[str] = []
    seconds = interleaved({"a": lambda: calls.append("a")}, 2)
    assert len(seconds["a"]) == 2
    assert each(lambda: None, least=0.0) >= 0.0
