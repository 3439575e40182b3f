"""Fine-tuning of a transformer: early stopping, and checkpoints without pickle.

A checkpoint stores the weights, the optimiser's moments and the best weights so far as safetensors,
and the position in the run as JSON. A stopped run resumes from its checkpoint, and ends with the
same weights as an uninterrupted one.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from pipeline.embedding.weights import resolve_dtype
from pipeline.fileio.atomic import sync_file, write_bytes
from pipeline.genres.models.metrics import f1s
from pipeline.genres.models.transformer import (
    LossName,
    Network,
    batches_by_length,
    compute_loss,
    copy_tensors,
    log_weights,
    seeded,
)
from pipeline.settings import GenreSettings

__all__ = ["TrainingState", "Unfinished", "compute_logits", "fine_tune"]

logger = logging.getLogger(__name__)

_WARMUP = 0.1  # share of the steps in which the learning rate rises
_CLIP = 1.0  # largest norm of the gradients
_BATCH = 64  # texts in a batch of predictions
_PLACE = "place.json"

Progress = Callable[[int, int, float], None]  # step, number of steps, loss


class Unfinished(Exception):
    """The time limit is reached; the same call resumes from the checkpoint."""


@dataclass
class TrainingState:
    """Position of a run.

    Attributes
    ----------
    step, epoch : int
        Number of steps and epochs done.
    best : float
        Best validation F1 so far, -1 before the first epoch.
    since_best : int
        Number of epochs since the best one.
    losses : list of float
        Loss of each step of this epoch.
    history : list of dict
        One row per epoch: `epoch`, `loss`, `validation_f1`, `seconds`.
    """

    step: int = 0
    epoch: int = 0
    best: float = -1.0
    since_best: int = 0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)


def fine_tune(
    network: Network,
    tokens: Sequence[Sequence[int]],
    labels: np.ndarray,
    validation: tuple[Sequence[Sequence[int]], np.ndarray],
    settings: GenreSettings,
    loss: LossName,
    seed: int,
    *,
    device: str = "cpu",
    checkpoint: Path | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> TrainingState:
    """Train `network` in place; at the end it has the weights of the best epoch.

    Parameters
    ----------
    network : Network
        Network to train.
    tokens : sequence of sequence of int
        Token ids of the training films.
    labels : ndarray of shape (n_films, n_genres), bool
        Labels of the training films.
    validation : tuple
        Tokens and labels of the validation films. Their samples F1, at the best threshold that is
        the same for all genres, decides when to stop early.
    settings : GenreSettings
        Learning rate, batch, epochs, patience and parameters of the loss.
    loss : {"bce", "log", "focal"}
        Loss to minimise.
    seed : int
        Seed of dropout and of the order of batches.
    device : str
        PyTorch device.
    checkpoint : Path, optional
        Folder for a checkpoint after each epoch, and when the time limit is reached.
    seconds : float, optional
        Raise `Unfinished` after this time, but not before one step; needs a checkpoint.
    progress : callable, optional
        Called after each step with the step, the number of steps and the loss.

    Returns
    -------
    TrainingState
        `history` has a row per epoch with `loss`, `validation_f1` and `seconds`.

    Raises
    ------
    Unfinished
        If the time limit is reached.
    """
    network.to(device)
    network.freeze(settings.frozen_layers)
    per_epoch = -(-len(tokens) // settings.batch)
    steps = per_epoch * settings.epochs
    optimiser = torch.optim.AdamW(network.groups(settings.learning_rate))
    rates = [group["lr"] for group in optimiser.param_groups]
    weights = torch.as_tensor(log_weights(labels), device=device)
    state = TrainingState()
    best: dict[str, torch.Tensor] = {}
    if checkpoint is not None and (checkpoint / _PLACE).is_file():
        state, best = _resume(checkpoint, network, optimiser)
    started = time.perf_counter()
    truth = torch.as_tensor(labels, dtype=torch.float32)
    while state.epoch < settings.epochs and state.since_best < settings.patience:
        began = time.perf_counter()
        skip = state.step - state.epoch * per_epoch
        rng = np.random.default_rng([seed, state.epoch])
        network.train()
        for number, (rows, ids, mask) in enumerate(batches_by_length(tokens, settings.batch, rng)):
            if number < skip:
                continue
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * _schedule(state.step, steps)
            with seeded(seed * 100_003 + state.step), _mixed(settings, device):
                logits = network(ids.to(device), mask.to(device)).float()
            batch_loss = compute_loss(
                loss,
                logits,
                truth[torch.as_tensor(rows)].to(device),
                weights,
                settings.focal_alpha,
                settings.focal_gamma,
            )
            optimiser.zero_grad(set_to_none=True)
            batch_loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
            optimiser.step()
            state.step += 1
            state.losses.append(float(batch_loss.detach()))
            if progress is not None:
                progress(state.step, steps, state.losses[-1])
            if seconds is not None and time.perf_counter() - started > seconds:
                if checkpoint is not None:
                    _save_checkpoint(checkpoint, network, optimiser, state, best)
                raise Unfinished(f"fine-tuning stopped at step {state.step} of {steps}")
        score = _validation_f1(compute_logits(network, validation[0], device), validation[1])
        state.epoch += 1
        state.history.append(
            {
                "epoch": state.epoch,
                "loss": float(np.mean(state.losses)),
                "validation_f1": score,
                "seconds": round(time.perf_counter() - began, 1),
            }
        )
        state.losses = []
        logger.info("epoch %d: %s", state.epoch, state.history[-1])
        if score > state.best:
            state.best, state.since_best = score, 0
            best = copy_tensors(network.state_dict())
        else:
            state.since_best += 1
        if checkpoint is not None:
            _save_checkpoint(checkpoint, network, optimiser, state, best)
    network.load_state_dict(best)
    return state


@torch.inference_mode()
def compute_logits(
    network: Network, tokens: Sequence[Sequence[int]], device: str = "cpu"
) -> np.ndarray:
    """Return the logits of texts.

    Parameters
    ----------
    network : Network
    tokens : sequence of sequence of int
        Token ids of each text.
    device : str
        PyTorch device of the network.

    Returns
    -------
    ndarray of shape (n_texts, n_genres), float32
        In the order of the texts.
    """
    network.eval()
    logits = np.zeros((len(tokens), network.head.out_features), np.float32)
    for rows, ids, mask in batches_by_length(tokens, _BATCH):
        logits[rows] = network(ids.to(device), mask.to(device)).float().cpu().numpy()
    return logits


def _mixed(settings: GenreSettings, device: str) -> torch.autocast:
    """Return the context of mixed precision (Micikevicius et al. 2018), if the settings want it.

    Products are computed in bfloat16, sums in float32.
    """
    fast = resolve_dtype(settings.dtype, device) == "bfloat16"
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=fast)


def _schedule(step: int, steps: int) -> float:
    """Return the share of the learning rate: up to 1 in the warm-up, then down to 0 by a cosine."""
    warm = max(1, round(_WARMUP * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _validation_f1(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the samples F1 at the best single threshold."""
    scores = []
    for least in np.linspace(-2.5, 0.5, 13):
        given = logits >= least
        given[np.arange(len(given)), logits.argmax(1)] = True
        scores.append(float(f1s(given, labels).mean()))
    return max(scores)


def _save_checkpoint(
    folder: Path,
    network: Network,
    optimiser: torch.optim.Optimizer,
    state: TrainingState,
    best: dict[str, torch.Tensor],
) -> None:
    """Write a checkpoint; the position is written last, and older weights are removed after it."""
    folder.mkdir(parents=True, exist_ok=True)
    moments: dict[str, torch.Tensor] = {}
    for number, values in optimiser.state_dict()["state"].items():
        for name, value in values.items():
            moments[f"{number}.{name}"] = torch.as_tensor(value)
    files = {"weights": network.state_dict(), "moments": moments, "best": best}
    for name, tensors in files.items():
        save_file(copy_tensors(tensors), folder / f"{name}.{state.step}.safetensors")
    for file in folder.glob(f"*.{state.step}.safetensors"):
        sync_file(file)
    write_bytes(folder / _PLACE, json.dumps(asdict(state)).encode())
    for old in folder.glob("*.safetensors"):
        if old.name.split(".")[1] != str(state.step):
            old.unlink()


def _resume(
    folder: Path, network: Network, optimiser: torch.optim.Optimizer
) -> tuple[TrainingState, dict[str, torch.Tensor]]:
    """Load a checkpoint in place; return the position and the best weights."""
    state = TrainingState(**json.loads((folder / _PLACE).read_text(encoding="utf-8")))
    loaded = {
        name: load_file(folder / f"{name}.{state.step}.safetensors")
        for name in ("weights", "moments", "best")
    }
    network.load_state_dict(loaded["weights"])
    restored = optimiser.state_dict()
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in loaded["moments"].items():
        number, name = key.split(".", 1)
        moments.setdefault(int(number), {})[name] = value
    restored["state"] = moments
    optimiser.load_state_dict(restored)
    logger.info("resumed at step %d", state.step)
    return state, loaded["best"]
