import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsestrata.document.geometry import Fraction, Region, hull, make_region

SIDES = st.one_of(
    st.floats(-2000, 2000),
    st.sampled_from([0.0, -0.0, 1e-9, 1e308, -1e308, 595.28, 841.89]),
)
SIZES = st.sampled_from([(595.28, 841.89), (612.0, 792.0), (1920.0, 1080.0)])
_ROUNDING = 1e-6


@given(size=SIZES, box=st.tuples(SIDES, SIDES, SIDES, SIDES))
def test_any_box_becomes_a_region_on_its_page(
    size: tuple[float, float], box: tuple[float, float, float, float]
) -> None:
    region = make_region(3, size, box)

    assert min(region.x, region.y, region.width, region.height) >= 0
    assert region.x + region.width <= size[0] + _ROUNDING
    assert region.y + region.height <= size[1] + _ROUNDING
    assert all(0 <= side <= 1 + _ROUNDING for side in region.fraction)


@given(box=st.tuples(SIDES, SIDES, SIDES, SIDES))
def test_any_box_on_a_page_of_unknown_size_is_finite_and_positive(
    box: tuple[float, float, float, float],
) -> None:
    region = make_region(3, (0.0, 0.0), box)

    assert all(0 <= side <= 1e6 for side in (region.x, region.y, region.width))
    assert region.fraction == Fraction(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("box", "sides"),
    [
        pytest.param((10, 20, 30, 40), (10, 20, 30, 40), id="inside"),
        pytest.param((40, 60, -30, -40), (10, 20, 30, 40), id="turned round"),
        pytest.param(
            (-10, -20, 30, 40), (0, 0, 20, 20), id="over the left and top edge"
        ),
        pytest.param((590, 780, 50, 50), (590, 780, 22, 12), id="over the right edge"),
        pytest.param((700, 10, 50, 50), (612, 10, 0, 50), id="beside the page"),
        pytest.param(
            (72.009, 1.999, 3, 4), (72, 1.99, 3, 4), id="hundredths of a point"
        ),
        pytest.param(
            (0.29, 0.58, 1.13, 0.07), (0.29, 0.58, 1.13, 0.07), id="float noise"
        ),
    ],
)
def test_a_box_is_clipped_to_the_page(
    box: tuple[float, float, float, float], sides: tuple[float, float, float, float]
) -> None:
    region = make_region(1, (612.0, 792.0), box)

    assert (region.x, region.y, region.width, region.height) == sides


def test_a_fraction_is_the_same_at_any_size_of_the_page() -> None:
    region = make_region(1, (200.0, 400.0), (50, 100, 100, 50))

    assert region.fraction == Fraction(left=0.25, top=0.25, right=0.75, bottom=0.375)


def test_a_region_travels_as_json_with_short_names() -> None:
    region = make_region(7, (612.0, 792.0), (1, 2, 3, 4))

    data = msgspec.json.encode(region)

    assert data == (
        b'{"page":7,"x":1.0,"y":2.0,"w":3.0,"h":4.0,'
        b'"page_width":612.0,"page_height":792.0}'
    )
    assert msgspec.json.decode(data, type=Region) == region


def test_a_hull_is_one_region_a_page_in_order_of_appearance() -> None:
    size = (612.0, 792.0)
    regions = [
        make_region(2, size, (100, 100, 10, 10)),
        make_region(1, size, (5, 5, 5, 5)),
        make_region(2, size, (50, 200, 20, 20)),
    ]

    first, second = hull(regions)

    assert first == make_region(2, size, (50, 100, 60, 120))
    assert second == regions[1]


@given(boxes=st.lists(st.tuples(SIDES, SIDES, SIDES, SIDES), min_size=1, max_size=5))
def test_a_hull_encloses_all_its_regions(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    regions = [make_region(1, (612.0, 792.0), box) for box in boxes]

    (whole,) = hull(regions)

    for region in regions:
        assert whole.x <= region.x + 0.011
        assert whole.y <= region.y + 0.011
        assert whole.x + whole.width >= region.x + region.width - 0.021
        assert whole.y + whole.height >= region.y + region.height - 0.021


def test_a_hull_of_nothing_is_nothing() -> None:
    assert hull([]) == ()
