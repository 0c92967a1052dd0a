"""The catalogue of the simulated shop: items with names that read as words, popularity and draws from it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COLOURS = "red blue green black white grey yellow orange purple brown pink silver"
STYLES_OF_PRODUCT = {
    "shoe": "running hiking leather canvas",
    "jacket": "rain down denim fleece",
    "dress": "summer evening linen knitted",
    "shirt": "cotton flannel polo striped",
    "trousers": "cargo slim corduroy yoga",
    "hat": "straw wool bucket sun",
    "watch": "diving digital dress field",
    "bag": "travel shoulder laptop gym",
    "lamp": "desk floor bedside paper",
    "chair": "office garden rocking folding",
    "table": "oak glass camping coffee",
    "rug": "woven shaggy outdoor round",
    "kettle": "steel enamel glass whistling",
    "pan": "iron copper ceramic grill",
    "knife": "bread carving pocket paring",
    "mug": "stoneware travel porcelain glass",
    "bicycle": "city gravel mountain folding",
    "tent": "dome tunnel beach family",
    "ball": "football tennis beach basket",
    "guitar": "acoustic electric bass travel",
    "camera": "film compact action instant",
    "headphones": "studio wireless sports gaming",
    "puzzle": "wooden jigsaw metal cube",
    "pen": "fountain gel brush marker",
}


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Items in shelf order: a category is a stretch ``start[c]:start[c + 1]``, neighbours are alike."""

    names: list[str]
    factors: Floats
    centres: Floats
    category: Ints
    start: Ints
    cumulative_popularity: Floats  # n_items + 1, from 0


def unit(vectors: Floats) -> Floats:
    """The vectors (last axis) at length 1."""
    length: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / length


def directions(rng: np.random.Generator, *shape: int) -> Floats:
    """Gaussian vectors of expected squared length 1."""
    vectors: Floats = rng.standard_normal(shape) / np.sqrt(shape[-1])
    return vectors


def make_catalogue(rng: np.random.Generator, n_items: int, n_factors: int) -> Catalogue:
    """Categories of equal size, in them the styles one after another, colours at random."""
    products = list(STYLES_OF_PRODUCT)[:n_items]
    start = np.arange(len(products) + 1) * n_items // len(products)
    category = np.repeat(np.arange(len(products)), np.diff(start))
    style = (np.arange(n_items) - start[category]) * 4 // np.diff(start)[category]
    colours = rng.choice(COLOURS.split(), size=n_items)
    centres = unit(directions(rng, len(products), n_factors))
    styles = directions(rng, len(products), 4, n_factors)
    factors = centres[category] + 0.5 * styles[category, style] + 0.5 * directions(rng, n_items, n_factors)
    popularity = (1.0 + rng.permutation(n_items)) ** -0.9
    digits = max(4, len(str(n_items - 1)))
    words = [STYLES_OF_PRODUCT[product].split() for product in products]
    names = [
        f"{colours[i]} {words[category[i]][style[i]]} {products[category[i]]} {i:0{digits}d}"
        for i in range(n_items)
    ]
    cumulative = np.concatenate(([0.0], np.cumsum(popularity)))
    return Catalogue(names, unit(factors), centres, category, start, cumulative)


def draw_by_popularity(rng: np.random.Generator, catalogue: Catalogue, low: Ints, high: Ints) -> Ints:
    """One item of each stretch ``low:high`` of the shelf, in proportion to popularity."""
    below, above = catalogue.cumulative_popularity[low], catalogue.cumulative_popularity[high]
    mass = below + rng.random(low.shape) * (above - below)
    item = np.searchsorted(catalogue.cumulative_popularity, mass, side="right") - 1
    inside: Ints = np.clip(item, low, high - 1)
    return inside


def draw_by_taste(rng: np.random.Generator, catalogue: Catalogue, tastes: Floats, size: int) -> Ints:
    """Items of categories that each user likes: shape (users, size)."""
    share = np.cumsum(np.exp(6.0 * np.einsum("ud,cd->uc", tastes, catalogue.centres)), axis=1)
    mass = rng.random((len(tastes), size)) * share[:, -1:]
    category = np.minimum((share[:, None, :] <= mass[:, :, None]).sum(axis=2), share.shape[1] - 1)
    return draw_by_popularity(rng, catalogue, catalogue.start[category], catalogue.start[category + 1])


def draw_neighbours(rng: np.random.Generator, catalogue: Catalogue, item: Ints) -> Ints:
    """Items near each given one on its category's (circular) shelf; same shape."""
    low, high = catalogue.start[catalogue.category[item]], catalogue.start[catalogue.category[item] + 1]
    step = rng.geometric(0.2, size=item.shape) * rng.choice((-1, 1), size=item.shape)
    neighbour: Ints = low + (item - low + step) % (high - low)
    return neighbour
