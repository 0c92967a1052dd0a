"""The graph filter against all eigenvectors of a dense matrix, and logs without a spectrum."""

import numpy as np
import pytest

from samplew_gbm.candidates.spectral import Spectral
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.embeddings.spectral import learn_spectral
from samplew_gbm.embeddings.width import spectral_width_of
from samplew_gbm.settings import Settings
from tests.candidates.source_checks import scores_of
from tests.pipeline.tiny_logs import checkerboard, encoded, log_table, random_log
from tests.reference.spectral import low_pass


def presence(log, least=3):
    """Who took what; nothing of items with fewer events."""
    matrix = np.zeros((log.n_users, log.n_items))
    matrix[log.user_index, log.item_index] = 1
    matrix[:, np.bincount(log.item_index, minlength=log.n_items) < least] = 0
    return matrix


def filter_of(table):
    """What the table says of every pair of items."""
    root = table.root.astype(np.float64)
    return (table.vectors / root[:, None]) @ (table.vectors * root[:, None]).T


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
@pytest.mark.parametrize("n_factors", [1, 4, 11])
def test_the_filter_is_that_of_the_leading_eigenvectors(order, n_factors):
    log = random_log(order)
    table = learn_spectral(log, n_factors)
    np.testing.assert_allclose(filter_of(table), low_pass(presence(log), n_factors), atol=1e-5)


def test_the_source_sums_the_rows_of_the_history_however_long_ago_they_were():
    log = random_log(Order.FILE)
    table = learn_spectral(log, 5)
    histories = Lists.from_sizes(np.array([0, 1, 3]), np.array([4, 7, 2, 4], np.int32))
    source = Spectral(table)
    scores = scores_of(source, Queries(histories, None), log.n_items)
    whole = filter_of(table)
    np.testing.assert_allclose(scores, [0 * whole[0], whole[4], whole[7] + whole[2] + whole[4]], atol=1e-5)


def test_two_frequencies_tell_the_two_tastes_of_a_board_apart():
    log = encoded(checkerboard(), n_users=40, n_items=30)
    likes = filter_of(learn_spectral(log, 2))
    same = np.arange(30)[:, None] % 2 == np.arange(30) % 2
    assert likes[same].min() > 0
    np.testing.assert_allclose(likes[~same], 0, atol=1e-6)


def test_with_as_many_frequencies_as_items_nothing_is_filtered_out():
    log = random_log()
    table = learn_spectral(log, 40)
    present = np.flatnonzero(presence(log).any(axis=0))
    assert table.vectors.shape == (log.n_items, 40)
    np.testing.assert_allclose(filter_of(table)[np.ix_(present, present)], np.eye(len(present)), atol=1e-5)


def test_rare_items_have_nothing_and_say_nothing():
    log = encoded(log_table([0, 1, 2, 3, 0, 1, 2, 3], [4, 4, 4, 4, 9, 9, 9, 1], range(8)))
    table = learn_spectral(log, 8)
    assert np.flatnonzero(table.vectors.any(axis=1)).tolist() == [4, 9]
    assert Spectral(table).reach.items.tolist() == [4, 9]
    np.testing.assert_allclose(filter_of(table), low_pass(presence(log), 2), atol=1e-6)


@pytest.mark.parametrize("n_rows", [0, 2])
def test_a_log_with_nothing_to_learn_from_has_vectors_of_zeros(n_rows):
    log = encoded(log_table([0, 1], [4, 9], [0, 1])).take(np.arange(n_rows))
    table = learn_spectral(log, 8)
    assert table.vectors.shape == (log.n_items, 8)
    assert not table.vectors.any()
    assert (table.root == 1).all()


def test_frequencies_that_are_all_alike_do_no_harm():
    """Users apart from each other in many groups, all of one size: every frequency passes as well."""
    users = np.repeat(np.arange(300), 3)
    log = encoded(
        log_table(users, 3 * (users // 3) + np.tile(range(3), 300), range(900)), n_users=300, n_items=300
    )
    table = learn_spectral(log, 16)
    np.testing.assert_allclose(table.vectors.T @ table.vectors, np.eye(16), atol=1e-5)


@pytest.mark.parametrize(("n_items", "width"), [(25, 4), (640, 10), (5000, 32)])
def test_the_filter_widens_with_the_catalogue_unless_it_is_set(n_items, width):
    log = encoded(log_table([0], [4], [0]), n_items=n_items)
    assert spectral_width_of(log, Settings()) == width
    assert spectral_width_of(log, Settings(spectral_factors=7)) == 7
    assert spectral_width_of(log, Settings(spectral_factors=0)) == 0


def test_taking_an_item_twice_counts_once_and_the_same_rows_give_the_same_bits():
    log = random_log(Order.FILE, n_users=20)
    assert len(log) > presence(log, 0).sum()
    one, other = learn_spectral(log, 3), learn_spectral(log, 3)
    np.testing.assert_allclose(filter_of(one), low_pass(presence(log), 3), atol=1e-5)
    assert one.vectors.tobytes() == other.vectors.tobytes()
