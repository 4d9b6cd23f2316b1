"""What there is to tell of a scene: the structured prompt, and the tags that a benchmark groups its clips by."""

from __future__ import annotations

from pai_studio.core.motion.told import CAMERAS
from pai_studio.core.shot.document import Prompt
from pai_studio.core.synth.filming import Scene
from pai_studio.core.synth.people.cast import play_of
from pai_studio.core.synth.people.keyed import Keyed
from pai_studio.core.synth.people.subject import Subject

Tags = dict[str, str | int | bool]

_PLACES = {
    "street": "an old-town street after rain, lit windows, lanterns and strings of bulbs",
    "desert": "a desert, mesas and dunes on the horizon, boulders and scrub",
    "downtown": "a modern street on wet asphalt, shops, neon signs and a skyline with lit windows",
    "forest": "a path through a wood, trunks and foliage, flecks of sun and mist",
    "gallery": "a gallery, pictures on tall walls, columns and sculptures",
    "loft": "a factory floor, brick walls and tall windows that throw sun on the floor",
    "shore": "a rocky shore, stacks in the sea, boulders and pools on the beach",
}
_CLOTHES = {"tank": "a tank top", "skirt": "a top and a skirt"}
_MOTIONS = {
    "walk toward": "walks toward the camera",
    "walk across": "walks across the picture",
    "walk and wave": "walks and waves",
    "talk": "stands and talks with the hands",
    "turn around": "turns around",
    "wave": "stands and waves",
    "hands on hips": "stands with the hands on the hips",
    "dance": "dances",
    "swing": "stands and swings the arms",
    "stand": "stands still",
}
_WIDE_MM, _LONG_MM = 35, 58


def place_of(scene: Scene) -> str:
    """The place's name; a panorama's is its file's."""
    return scene.place.name or str(scene.spec.place)


def tags_of(scene: Scene, references: int) -> Tags:
    """What was drawn or asked for, for `clip.json`: one plain value a key."""
    spec = scene.spec
    perturbed = scene.perturbation
    return {
        "references": references,
        "markers": spec.markers,
        "screen": spec.screen,
        "place": place_of(scene),
        "mood": scene.place.mood or spec.mood or "none",
        "move": scene.move.kind,
        "light": perturbed.kind if perturbed else "stage",
        "fault": scene.fault.kind if scene.fault else "none",
        "moving_light": bool(scene.place.light.moving) or bool(perturbed and perturbed.moving),
    }


def prompt_of(scene: Scene) -> Prompt:
    """The structured prompt of what is really to be seen."""
    name = place_of(scene)
    mood = scene.place.mood or scene.spec.mood
    place = _PLACES.get(name, name.replace("_", " ")) + (f", {mood} light" if mood else "")
    person, does = _played(scene.subject)
    return Prompt(
        foreground_content=person,
        background_content=place,
        foreground_motion=does,
        background_motion="a light moves" if scene.place.light.moving else "still",
        camera_motion_analysis=CAMERAS[scene.move.kind],
        camera_angle="eye level",
        focal_length=_focal(scene),
        caption=f"{person} {does}; {place}",
    )


def _played(subject: Subject | Keyed) -> tuple[str, str]:
    """Who is to be seen, and what they do."""
    if isinstance(subject, Keyed):
        return subject.roll.about, subject.roll.motion
    look = subject.look
    clothes = _CLOTHES.get(look.outfit.kind, f"a {look.outfit.kind}")
    carried = f", with {'an' if look.prop[0] in 'aeiou' else 'a'} {look.prop}" if look.prop else ""
    return f"a person in {clothes}{carried}", _MOTIONS[play_of(subject.motion)]


def _focal(scene: Scene) -> str:
    first, last = scene.move.lens.millimetres
    if first != last:
        return f"{first} mm to {last} mm"
    name = "wide" if first <= _WIDE_MM else "long" if first >= _LONG_MM else "normal"
    return f"{name}, {first} mm"
