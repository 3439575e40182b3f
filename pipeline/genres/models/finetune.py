"""Fine-tuning, step by step: early stopping, checkpoints without pickle, the same run when resumed.

A checkpoint holds weights, the optimiser's moments and the best weights so far as safetensors, and
the place in the run as JSON. A run that was stopped goes on from the last one.
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

from pipeline.embedding.weights import dtype_of
from pipeline.fileio.atomic import sync_file, write_bytes
from pipeline.genres.models.metrics import f1s
from pipeline.genres.models.transformer import (
    LossName,
    Network,
    batches_by_length,
    log_weights,
    loss_of,
    seeded,
    tensors_of,
)
from pipeline.settings import GenreSettings

__all__ = ["Fitting", "Unfinished", "fine_tune", "logits_of"]

logger = logging.getLogger(__name__)

_WARM = 0.1  # share of the steps in which the rate rises
_CLIP = 1.0

Progress = Callable[[int, int, float], None]  # step, steps in all, loss


class Unfinished(Exception):
    """The time given is over; the same call goes on from the checkpoint."""


@dataclass
class Fitting:
    """Where a run stands: `losses` of the steps of this epoch, in `history` one row per epoch."""

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
    held: tuple[Sequence[Sequence[int]], np.ndarray],
    settings: GenreSettings,
    loss: LossName,
    seed: int,
    *,
    device: str = "cpu",
    checkpoint: Path | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Fitting:
    """Train `network` in place; it ends with the weights of the best epoch.

    Parameters
    ----------
    tokens, labels : of the training films; labels bool (films, genres).
    held : tokens and labels of the validation films, on which it is stopped early, by the samples
        F1 at the best single threshold.
    checkpoint : folder for checkpoints, one after each epoch and where the time is over.
    seconds : raise `Unfinished` after so long, but not before one step; needs a checkpoint.

    Returns
    -------
    How it went: a row per epoch with `loss`, `validation_f1` and `seconds`.
    """
    network.to(device)
    network.freeze(settings.frozen_layers)
    per_epoch = -(-len(tokens) // settings.batch)
    steps = per_epoch * settings.epochs
    optimiser = torch.optim.AdamW(network.groups(settings.learning_rate))
    rates = [group["lr"] for group in optimiser.param_groups]
    weights = torch.as_tensor(log_weights(labels), device=device)
    state = Fitting()
    best: dict[str, torch.Tensor] = {}
    if checkpoint is not None and (checkpoint / "place.json").is_file():
        state, best = _resume(checkpoint, network, optimiser)
    started = time.perf_counter()
    truth = torch.as_tensor(labels, dtype=torch.float32)
    while state.epoch < settings.epochs and state.since_best < settings.patience:
        began = time.perf_counter()
        skip = state.step - state.epoch * per_epoch
        chance = np.random.default_rng([seed, state.epoch])
        network.train()
        for number, (rows, ids, mask) in enumerate(
            batches_by_length(tokens, settings.batch, chance)
        ):
            if number < skip:
                continue
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * _schedule(state.step, steps)
            with seeded(seed * 100_003 + state.step), _mixed(settings, device):
                logits = network(ids.to(device), mask.to(device)).float()
            found = loss_of(
                loss,
                logits,
                truth[torch.as_tensor(rows)].to(device),
                weights,
                settings.focal_alpha,
                settings.focal_gamma,
            )
            optimiser.zero_grad(set_to_none=True)
            found.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
            optimiser.step()
            state.step += 1
            state.losses.append(float(found.detach()))
            if progress is not None:
                progress(state.step, steps, state.losses[-1])
            if seconds is not None and time.perf_counter() - started > seconds:
                if checkpoint is not None:
                    _keep(checkpoint, network, optimiser, state, best)
                raise Unfinished(f"fine-tuning stands at step {state.step} of {steps}")
        score = _validation_f1(logits_of(network, held[0], device), held[1])
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
            best = tensors_of(network.state_dict())
        else:
            state.since_best += 1
        if checkpoint is not None:
            _keep(checkpoint, network, optimiser, state, best)
    network.load_state_dict(best)
    return state


@torch.inference_mode()
def logits_of(
    network: Network, tokens: Sequence[Sequence[int]], device: str = "cpu", batch: int = 64
) -> np.ndarray:
    """Logits of texts as token ids, float32 (texts, genres), in their order."""
    network.eval()
    found = np.zeros((len(tokens), network.head.out_features), np.float32)
    for rows, ids, mask in batches_by_length(tokens, batch):
        found[rows] = network(ids.to(device), mask.to(device)).float().cpu().numpy()
    return found


def _mixed(settings: GenreSettings, device: str) -> torch.autocast:
    """Products in bfloat16, sums in float32 (mixed precision: Micikevicius et al. 2018)."""
    fast = dtype_of(settings.dtype, device) == "bfloat16"
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=fast)


def _schedule(step: int, steps: int) -> float:
    """Up to 1 over the warm steps, then down to 0 along a cosine."""
    warm = max(1, round(_WARM * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _validation_f1(logits: np.ndarray, labels: np.ndarray) -> float:
    found = []
    for least in np.linspace(-2.5, 0.5, 13):
        told = logits >= least
        told[np.arange(len(told)), logits.argmax(1)] = True
        found.append(float(f1s(told, labels).mean()))
    return max(found)


def _keep(
    folder: Path,
    network: Network,
    optimiser: torch.optim.Optimizer,
    state: Fitting,
    best: dict[str, torch.Tensor],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    moments: dict[str, torch.Tensor] = {}
    for number, held in optimiser.state_dict()["state"].items():
        for name, value in held.items():
            moments[f"{number}.{name}"] = torch.as_tensor(value)
    files = {"weights": network.state_dict(), "moments": moments, "best": best}
    for name, tensors in files.items():
        save_file(tensors_of(tensors), folder / f"{name}.{state.step}.safetensors")
    for file in folder.glob(f"*.{state.step}.safetensors"):
        sync_file(file)
    write_bytes(folder / "place.json", json.dumps(asdict(state)).encode())
    for old in folder.glob("*.safetensors"):
        if old.name.split(".")[1] != str(state.step):
            old.unlink()


def _resume(
    folder: Path, network: Network, optimiser: torch.optim.Optimizer
) -> tuple[Fitting, dict[str, torch.Tensor]]:
    state = Fitting(**json.loads((folder / "place.json").read_text(encoding="utf-8")))
    loaded = {
        name: load_file(folder / f"{name}.{state.step}.safetensors")
        for name in ("weights", "moments", "best")
    }
    network.load_state_dict(loaded["weights"])
    known = optimiser.state_dict()
    held: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in loaded["moments"].items():
        number, name = key.split(".", 1)
        held.setdefault(int(number), {})[name] = value
    known["state"] = held
    optimiser.load_state_dict(known)
    logger.info("going on from step %d", state.step)
    return state, loaded["best"]
