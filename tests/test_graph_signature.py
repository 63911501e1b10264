"""The signature of a graph: the same for the same work, another for other work."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.runs.graph_signature import graph_facts, graph_signature
from exporters.replay import load_session, session_names

Graph = dict[str, Any]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": "any"}}


def text_to_image(**changed: Any) -> Graph:
    """A small graph; `changed`: inputs of its sampler, latent or text."""
    values = {
        "seed": 1,
        "steps": 20,
        "width": 1024,
        "height": 1024,
        "batch_size": 1,
        "text": "a cat",
        "ckpt_name": "x.safetensors",
    }
    values |= changed
    return {
        "4": node("CheckpointLoaderSimple", ckpt_name=values["ckpt_name"]),
        "5": node("EmptyLatentImage", width=values["width"], height=values["height"], batch_size=values["batch_size"]),
        "6": node("CLIPTextEncode", clip=["4", 1], text=values["text"]),
        "3": node(
            "KSampler", model=["4", 0], positive=["6", 0], latent_image=["5", 0], seed=values["seed"], steps=values["steps"]
        ),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0]),
    }


def renumbered(graph: Graph, shuffle: random.Random) -> Graph:
    """The same graph with other ids, in another order, its inputs in another order."""
    names = {key: str(1000 + place * 7) for place, key in enumerate(shuffle.sample(list(graph), len(graph)))}

    def moved(value: Any) -> Any:
        return [names[value[0]], value[1]] if isinstance(value, list) and len(value) == 2 and value[0] in names else value

    def shuffled(inputs: Graph) -> Graph:
        return {name: moved(inputs[name]) for name in shuffle.sample(list(inputs), len(inputs))}

    keys = shuffle.sample(list(graph), len(graph))
    return {names[key]: graph[key] | {"inputs": shuffled(graph[key]["inputs"])} for key in keys}


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 99},
        {"text": "another prompt, much longer"},
        {"ckpt_name": "another.safetensors"},
        {"steps": 22},
        {"width": 1152, "height": 896},
        {"width": 896, "height": 1152},
    ],
    ids=lambda changed: ",".join(changed),
)
def test_what_does_not_change_the_work(changed: Graph) -> None:
    assert graph_signature(text_to_image(**changed)) == graph_signature(text_to_image())


@pytest.mark.parametrize(
    "changed",
    [{"steps": 50}, {"steps": 4}, {"batch_size": 4}, {"width": 2048, "height": 2048}],
    ids=lambda changed: ",".join(changed),
)
def test_what_changes_it(changed: Graph) -> None:
    assert graph_signature(text_to_image(**changed)) != graph_signature(text_to_image())


def test_other_wiring_is_other_work() -> None:
    refined = text_to_image()
    refined["10"] = node("KSampler", model=["4", 0], positive=["6", 0], latent_image=["3", 0], seed=1, steps=20)
    refined["8"]["inputs"]["samples"] = ["10", 0]
    swapped = text_to_image()
    swapped["6"]["inputs"]["clip"] = ["4", 0]

    assert len({graph_signature(graph) for graph in (text_to_image(), refined, swapped)}) == 3


def test_one_loader_for_two_and_a_loader_for_each_differ() -> None:
    shared = {"1": node("Load"), "2": node("Use", model=["1", 0]), "3": node("Use", model=["1", 0])}
    apart = {"1": node("Load"), "4": node("Load"), "2": node("Use", model=["1", 0]), "3": node("Use", model=["4", 0])}

    assert graph_signature(shared) != graph_signature(apart)


def test_what_no_output_needs_does_not_count() -> None:
    stray = text_to_image() | {"77": node("LoadImage", image="x.png")}

    assert graph_signature(stray) != graph_signature(text_to_image())
    assert graph_signature(stray, ["9"]) == graph_signature(text_to_image(), ["9"]) == graph_signature(text_to_image())


@pytest.mark.parametrize("session", session_names())
def test_renumbering_a_real_graph_changes_nothing(session: str) -> None:
    shuffle = random.Random(session)
    for prompt in load_session(session).prompts:
        graph = dict(prompt.graph)
        assert graph_signature(renumbered(graph, shuffle)) == graph_signature(graph)


def test_a_prompt_leaves_no_trace_in_what_is_kept() -> None:
    facts = graph_facts(text_to_image(text="my secret idea", ckpt_name="private.safetensors"))

    assert facts is not None
    assert "secret" not in repr(facts)
    assert "private" not in repr(facts)


@pytest.mark.parametrize("graph", [None, [], "x", {}, 3], ids=repr)
def test_what_is_no_graph(graph: object) -> None:
    assert graph_signature(graph) is None


def test_a_chain_of_thousands_and_a_circle_end() -> None:
    chain: Graph = {"0": node("Start")} | {str(place): node("Next", image=[str(place - 1), 0]) for place in range(1, 5000)}
    circle = {"1": node("A", image=["2", 0]), "2": node("B", image=["1", 0])}

    assert graph_signature(chain) != graph_signature(circle)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), st.dictionaries(st.sampled_from(["class_type", "inputs", "x"]), JSON), max_size=6))
def test_any_json_has_a_signature_or_none(graph: Graph) -> None:
    signature = graph_signature(graph)

    assert signature is None or signature.startswith("graph:")
    assert signature == graph_signature(graph)
