"""Models with a scalar head (reward model, critic): a score per answer, a value per token."""

import torch
from transformers import PreTrainedModel

from flywheel_trainer.models import WithoutAdapter
from flywheel_trainer.tensors import positions_of


def token_values(model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The head's output at every token: float32 [rows, length]."""
    if isinstance(model, WithoutAdapter):
        with model.model.disable_adapter():
            return token_values(model.model, ids, mask)
    if hasattr(model, 'get_base_model'):  # peft's wrapper; the adapters sit inside the model it wraps
        model = model.get_base_model()
    trunk = getattr(model, model.base_model_prefix)
    hidden = trunk(
        input_ids=ids, attention_mask=mask, position_ids=positions_of(mask), use_cache=False
    ).last_hidden_state
    return model.score(hidden).squeeze(-1).float()


def last_token_scores(model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The head's output at each row's last real token: float32 [rows]."""
    last = mask.shape[1] - 1 - mask.flip(1).argmax(1)
    return token_values(model, ids, mask).gather(1, last[:, None]).squeeze(1)
