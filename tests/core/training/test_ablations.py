"""The ablations: each lacks what it is said to, all are held against `full` pair by pair, and the page is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.media.modelspace import DISPLAY_16  # noqa: E402
from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.layout import Kind  # noqa: E402
from pai_studio.core.model.manifest import Manifest  # noqa: E402
from pai_studio.core.model.presets import PRESETS  # noqa: E402
from pai_studio.core.model.prompt import TextEncoder  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training.data import shards  # noqa: E402
from pai_studio.core.training.data.showing import Showing, mended, mixed  # noqa: E402
from pai_studio.core.training.data.sources import Needed, kinds_of, opened  # noqa: E402
from pai_studio.core.training.data.takes import Filming, film  # noqa: E402
from pai_studio.core.training.experiments import ablation_page, ablations, gauging  # noqa: E402
from pai_studio.core.training.experiments.ablations import FULL, VARIANTS, Ablating, ablate, settings_of  # noqa: E402
from pai_studio.core.training.experiments.gauging import METRICS, Gauged, HeldBack  # noqa: E402
from pai_studio.core.training.objective import draw  # noqa: E402
from pai_studio.ui.cli import main  # noqa: E402

FRAMES = 5
EXAMPLE = Path(__file__).parents[3] / "examples" / "train" / "ablations.toml"
MANIFEST = Manifest(
    **PRESETS["tiny"].manifest | {"area_px": 48 * 32},
    name="small",
    engine="pai",
    preset="tiny",
    licence="Apache-2.0",
)
SMALL = """
[model]
preset = "tiny"
dtype = "float32"
[model.transformer]
patch_size = [1, 8, 8]
num_attention_heads = 2
attention_head_dim = 16
text_dim = 32
ffn_dim = 32
num_layers = 1
head_width = 8
[data]
size = [24, 16]
text_tokens = 8
[[data.sources]]
kind = "takes"
folder = "{folder}"
reduced = 2
held_back_takes = 2
[recipe]
count = 4
longest = 5
history_share = 0.0
half_share = 0.0
most_references = 3
without_guide = 1.0
without_text = 0.0
without_references = 0.3
without_both = 0.2
[training]
steps = 2
batch = 1
warm_up = 1
"""


@pytest.fixture(scope="module")
def takes():
    """One as it is filmed and one whose plate lacks a part of the subject."""
    whole = Filming(sizes=((72, 48),), frames=FRAMES, stills=1, fault_share=0.0, blur_share=0.0)
    faulty = Filming(sizes=((72, 48),), frames=FRAMES, stills=1, fault_share=1.0, blur_share=0.0)
    return [film(4, whole, MANIFEST), film(5, faulty, MANIFEST)]


@pytest.fixture(scope="module")
def config(takes, tmp_path_factory):
    made = tmp_path_factory.mktemp("ablations")
    shards.write_shard(made / "takes-000000.safetensors", takes)
    shards.write_shard(made / "takes-000008.safetensors", takes)
    path = made / "small.toml"
    path.write_text(SMALL.format(folder=made))
    return path


def asked(config, out, **more):
    return Ablating(path=config, out=out, models=out / "none", **more)


def source_of(config, name, *, held_back=False):
    told = settings_of(asked(config, config.parent), name)
    needed = Needed((8, 8), TextEncoder.small(0, dim=32, length=8), MANIFEST, Clock(1))
    return told, opened(kinds_of(told.data.sources, "here"), needed, held_back=held_back)


def drawn(config, name, count=6):
    """What the first steps of a variant train on."""
    told, source = source_of(config, name)
    return [draw(told.recipe, source, 1, torch.Generator().manual_seed(step)) for step in range(count)]


def light(codes):
    return torch.from_numpy(DISPLAY_16.decode((codes / 2 + 0.5).numpy()))


def test_all_draw_the_same_but_for_what_is_left_out(config):
    full = drawn(config, FULL)
    for name in [name for name in VARIANTS if name != "other-seed"]:
        for one, other in zip(full, drawn(config, name), strict=True):
            assert torch.equal(one.asked.noised, other.asked.noised)
            assert torch.equal(one.sample.clean, other.sample.clean)
            assert (one.sample.references is None) == (other.sample.references is None)
            same_plate = torch.equal(one.sample.foreground, other.sample.foreground)
            assert same_plate or name in {"no-perturbation", "no-mask-faults"}
            same_places = one.asked.layout.positions.tolist() == other.asked.layout.positions.tolist()
            assert same_places or name == "no-cloning"
            assert torch.equal(one.asked.text, other.asked.text) or name == "no-prompt"


def test_each_lacks_what_it_is_said_to(config):
    full = drawn(config, FULL)
    null = source_of(config, FULL)[1].null_text
    assert any(not torch.equal(each.asked.text, null) for each in full)
    assert all(torch.equal(each.asked.text, null) for each in drawn(config, "no-prompt"))
    behind = [
        each.asked.layout.positions[each.asked.layout.types == Kind.REFERENCE, 0]
        for each in drawn(config, "no-cloning")
    ]
    assert any(len(times) for times in behind)
    assert all((times >= 4).all() for times in behind)
    for each in drawn(config, "no-mask-faults"):
        assert torch.equal(each.sample.foreground[:, 3:4], each.sample.matte)
    kinds = {name: settings_of(asked(config, config.parent), name).model.transformer for name in VARIANTS}
    assert [name for name, told in kinds.items() if told.get("attention") == "bidirectional"] == [
        "bidirectional"
    ]
    full, other = (settings_of(asked(config, config.parent), name) for name in (FULL, "other-seed"))
    assert (full.model.seed, full.training.seed) == (0, 0)
    assert (other.model.seed, other.training.seed) == (1, 1)
    assert other.recipe == full.recipe


def test_without_perturbation_the_plates_subject_is_the_truths(config):
    looked = 0
    for one, other in zip(drawn(config, FULL), drawn(config, "no-perturbation"), strict=True):
        solid = (one.sample.matte > 0.999) & (one.sample.rebuilt < 0.001)
        for told, is_same in ((one, False), (other, True)):
            apart = (told.sample.foreground[:, :3] - told.sample.clean).abs()[solid.expand(-1, 3, -1, -1, -1)]
            if len(apart):
                assert (float(apart.max()) < 0.01) == is_same
                looked += 1
        screen = one.sample.matte == 0
        (plate, lit) = (each.sample.foreground[:, :3] for each in (one, other))
        assert torch.allclose(plate[screen.expand_as(plate)], lit[screen.expand_as(lit)], atol=2e-3)
    assert looked > 4


def test_a_mended_plate_has_the_whole_subject_in_the_plates_own_light():
    truth = torch.full((3, 2, 4, 4), 0.5)
    matte, rebuilt = torch.ones(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)
    rebuilt[..., :2] = 1
    half = mixed(torch.zeros_like(truth), truth, torch.full((1, 2, 4, 4), 0.5))
    plate = half * (1 - rebuilt)
    assert torch.allclose(mended(plate, truth, matte, rebuilt), half, atol=1e-3)
    assert torch.equal(mended(plate, truth, matte, torch.zeros_like(rebuilt)), plate)
    gone = torch.ones_like(rebuilt)  # nothing tells of the plate's light: it is the place's
    assert torch.allclose(mended(plate, truth, matte, gone), truth, atol=1e-3)


def test_light_is_mixed_and_not_codes():
    one, other = torch.zeros(3, 1, 1, 1), torch.full((3, 1, 1, 1), 0.8)
    half = mixed(one, other, torch.full((1, 1, 1, 1), 0.5))
    assert torch.allclose(light(2 * half - 1), light(2 * other - 1) / 2, rtol=1e-3)


def test_takes_are_reduced_by_a_whole_number_or_refused(takes):
    assert Showing(2).size((32, 48)) == (16, 24)
    plane = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert Showing(2).small(plane).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    with pytest.raises(BadInput, match="cannot be shown 5 times smaller"):
        Showing(5).size((32, 48))


def test_the_truth_is_on_time_and_has_no_error(config, monkeypatch):
    """The whole of the measuring, given answers that are known instead of a network's."""
    source = source_of(config, FULL, held_back=True)[1]
    held_back = HeldBack(source, 4)
    monkeypatch.setattr(HeldBack, "_made", lambda *told: told[-1].clean[0])
    for values in held_back.values(Gauged(None, "frame", prompted=True), silent):
        assert set(values) == set(METRICS)
        assert values["background_psnr_db_0"] == values["background_psnr_db_3"] == 120
        assert values["colour_error_0"] == 0
        assert values["anchor_offset_frames"] in {0, None}
        far, near = values["relight_gain_db_far"], values["relight_gain_db_near"]
        assert far is None or 120 - far < gauging._FAR_DB
        assert near is None or 120 - near >= gauging._FAR_DB
        assert (far is None) != (near is None)
    assert held_back.window(source.takes[0]).step == 1


def values(**told):
    return dict.fromkeys(METRICS) | told


def test_differences_are_taken_take_by_take():
    full = [values(subject_psnr_db=10.0), values(subject_psnr_db=20.0), values(), values(subject_psnr_db=1)]
    other = [
        values(subject_psnr_db=11.0),
        values(subject_psnr_db=21.0),
        values(subject_psnr_db=9.0),
        values(),
    ]
    found = ablations.figures(other, full, seed=0)
    assert found["against_full"]["subject_psnr_db"] == {"mean": 1.0, "ci95": [1.0, 1.0], "n": 2}
    assert found["figures"]["subject_psnr_db"]["n"] == 3
    assert "against_full" not in ablations.figures(full, full, seed=0)
    two = [values(background_psnr_db_1=10.0, background_psnr_db_2=13.0, background_psnr_db_0=10.5)]
    assert ablations.references(two, 0)["2"]["mean"] == 3
    assert ablations.references(two, 0)["1"]["mean"] == -0.5
    assert ablations.references(two, 0)["3"]["n"] == 0


def test_the_page_tells_what_the_report_does(tmp_path):
    figure = {"mean": 1.234, "ci95": [0.5, 2.0], "n": 9}
    worse = {"mean": -0.01, "ci95": [-0.03, 0.02], "n": 9}
    run = {"says": "words", "loss_first": 0.5, "loss_last": 0.25, "training_s": 90.0}
    own = run | {"figures": dict.fromkeys(METRICS, figure)}
    report = {
        "steps": 3000, "samples": 12000, "takes": {"learnt": 9, "held_back": 3}, "size": [24, 16],
        "frames": 4, "references": dict.fromkeys("123", figure),
        "variants": {FULL: own, "no-prompt": own | {"against_full": dict.fromkeys(METRICS, worse)}},
    }  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps(report))
    page = tmp_path / "page.md"
    page.write_text(f"before\n{ablation_page.BEGIN}\nold\n{ablation_page.END}\nafter\n")
    ablation_page.write_page(page, tmp_path)
    ablation_page.write_page(page, tmp_path)
    told = page.read_text()
    assert told.startswith(f"before\n{ablation_page.BEGIN}\n3,000 steps of each, 12,000 samples")
    assert told.endswith(f"{ablation_page.END}\nafter\n")
    assert "old" not in told
    assert "**+1.23 (+0.50 to +2.00)**" in told
    assert "| -0.0100 (-0.0300 to +0.0200) |" in told
    assert told.count("| `no-prompt` |") == 3
    page.write_text("no place")
    with pytest.raises(BadInput, match="no place for figures"):
        ablation_page.write_page(page, tmp_path)


def test_what_cannot_be_compared_is_refused(config, tmp_path):
    with pytest.raises(BadInput, match="'no-luck' is no ablation"):
        ablate(asked(config, tmp_path, only=["no-luck"]), silent)
    films = tmp_path / "films.toml"
    films.write_text((EXAMPLE.parent / "films.toml").read_text())
    with pytest.raises(BadInput, match="need takes alone"):
        settings_of(asked(films, tmp_path), FULL)
    (tmp_path / "settings.toml").write_text("others")
    with pytest.raises(BadInput, match="runs of other settings"):
        ablate(asked(config, tmp_path), silent)


def test_the_example_holds_for_every_variant():
    for name in VARIANTS:
        found = settings_of(asked(EXAMPLE, EXAMPLE.parent, steps=7 * 100), name)
        assert found.training.steps == 700
        assert found.recipe.without_guide == 1


@pytest.mark.long
def test_two_are_trained_measured_and_written_down_by_one_command(config, tmp_path, monkeypatch, capsys):
    """Two steps teach nothing; what counts is that everything is there, and the same when it is asked for again."""
    monkeypatch.setattr(gauging, "_LEAST_PX", 4)
    out, page = tmp_path / "out", tmp_path / "docs" / "ablations.md"
    page.parent.mkdir()
    stopped = asked(config, out, only=[FULL])
    assert ablate(stopped, silent, asked_to_stop=lambda: True) is None
    assert (out / FULL / "checkpoint" / "step-00000001").is_dir()
    assert not (out / "report.json").exists()
    page.write_text(f"{ablation_page.BEGIN}\n{ablation_page.END}\n")
    told = ["train", str(config), "--ablations", "--out", str(out), "--only", "full", "--only", "no-cloning"]
    assert main.main([*told, "--page", str(page), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert list(first["variants"]) == [FULL, "no-cloning"]
    assert first["samples"] == 2
    report = json.loads((out / "report.json").read_text())
    assert [set(shot["values"]) for shot in report["shots"]] == [{FULL, "no-cloning"}] * 2
    assert report["variants"]["no-cloning"]["against_full"]["background_psnr_db_2"]["n"] == 2
    assert {"contact.png", "table.md", "settings.toml"} <= {path.name for path in out.iterdir()}
    assert "| `no-cloning` |" in page.read_text()
    assert (page.parent / "images" / "ablations.jpg").is_file()
    assert "](images/ablations.jpg)" in page.read_text()
    assert main.main([*told, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
