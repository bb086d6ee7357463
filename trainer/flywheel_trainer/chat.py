"""Messages as token ids. SFT, DPO, reward, PPO and serving all come here, so that they cannot disagree about a token.

The chat template and its end-of-turn token are part of a model: they are read from its tokenizer (or from the job) and
saved with every model that the trainer writes.
"""

from pathlib import Path

from jinja2 import TemplateError
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from flywheel_trainer.errors import JobError

Message = dict[str, str]

# A dialogue whose rendering shows what a template puts after an answer.
PROBE = [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': 'b'}]


class Chat:
    """A tokenizer with its chat template, its end-of-turn token `end_id`, and a padding token that differs from it."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        template: str | None = None,
        eos: str | None = None,
        where: str = 'the model',
    ):
        """`template` and `eos` override what the tokenizer has. Raises JobError("chat-template") with the cure."""
        self.tokenizer = tokenizer
        if template is not None:
            tokenizer.chat_template = template
        if not tokenizer.chat_template:
            raise JobError(
                'chat-template',
                f'the tokenizer of {where} has no chat template',
                'set target.chatTemplate (chat_template in job.json) to the Jinja template that the model should learn',
            )
        if eos is not None:
            if eos not in tokenizer.get_vocab():
                raise JobError(
                    'chat-template', f'chat_eos {eos!r} is no token of {where}', 'name a token of its vocabulary'
                )
            tokenizer.eos_token = eos
        if tokenizer.eos_token_id is None:
            raise JobError(
                'chat-template',
                f'the tokenizer of {where} has no end-of-turn token',
                'set chat_eos to one of its tokens',
            )
        self.end_id: int = tokenizer.eos_token_id
        self._check_end(where)
        self.pad_id = self._choose_pad()

    @staticmethod
    def load(folder: str | Path, template: str | None = None, eos: str | None = None) -> 'Chat':
        """The chat of a model folder."""
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:
            raise JobError(
                'chat-template',
                f'{folder} has no tokenizer that loads: {_first_line(error)}',
                'put the tokenizer files beside the weights',
            ) from error
        return Chat(tokenizer, template, eos, str(folder))

    def prompt_ids(self, messages: list[Message]) -> list[int]:
        """Ids of `messages` up to and including the template's opening of the next assistant turn."""
        return self._encode(self._render(messages, opening=True))

    def dialogue_ids(self, prompt: list[Message], completion: list[Message]) -> tuple[list[int], list[int]]:
        """`(prompt_ids(prompt), ids of the answer)`. The answer's ids hold the end-of-turn token once, at their end.

        What a template prints after it (a line break, say) is cut: a model that samples stops there too.
        """
        prompt_text = self._render(prompt, opening=True)
        prompt_ids = self._encode(prompt_text)
        whole_text = self._render(prompt + completion)
        whole_ids = self._encode(whole_text)
        if whole_ids[: len(prompt_ids)] == prompt_ids:
            answer = whole_ids[len(prompt_ids) :]
        elif whole_text.startswith(prompt_text):  # a token spans the border: a model that samples would split it there
            answer = self._encode(whole_text[len(prompt_text) :])
        else:  # the template renders an open turn differently from a closed one
            answer = self._encode(completion[-1]['content'])
        if self.end_id in answer:
            answer = answer[: answer.index(self.end_id)]
        return prompt_ids, [*answer, self.end_id]

    def text(self, ids: list[int]) -> str:
        """The text of an answer's ids, without special tokens."""
        return self.tokenizer.decode(ids, skip_special_tokens=True)

    def same_ids_as(self, other: 'Chat') -> bool:
        """Whether both turn every dialogue into the same ids."""
        mine, theirs = self.tokenizer, other.tokenizer
        return (
            mine.get_vocab() == theirs.get_vocab()
            and mine.chat_template == theirs.chat_template
            and self.end_id == other.end_id
        )

    def _render(self, messages: list[Message], opening: bool = False) -> str:
        try:
            return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opening)
        except TemplateError as error:
            roles = ', '.join(message['role'] for message in messages)
            raise JobError(
                'chat-template',
                f'the chat template refuses a dialogue of {roles}: {_first_line(error)}',
                'use a template that knows these roles, or drop such rows',
            ) from error

    def _encode(self, text: str) -> list[int]:
        # The template has written every special token itself; the tokenizer must not add another.
        return self.tokenizer(text, add_special_tokens=False)['input_ids']

    def _check_end(self, where: str) -> None:
        """Refuses a template that closes a turn with another special token than the model's end-of-turn token."""
        closing = self._encode(self._render(PROBE).rpartition('b')[2])
        specials = [token for token in closing if token in self.tokenizer.added_tokens_decoder]
        if specials and self.end_id not in specials:
            shown, end = self.tokenizer.convert_ids_to_tokens([specials[0], self.end_id])
            raise JobError(
                'chat-template',
                f'the chat template of {where} ends a turn with {shown} but the end-of-turn token is {end}',
                f'set chat_eos to "{shown}"',
            )

    def _choose_pad(self) -> int:
        """A padding token that ends no turn: a reward model reads its score at the last token that is no padding."""
        tokenizer = self.tokenizer
        if tokenizer.pad_token_id is None or tokenizer.pad_token_id == self.end_id:
            specials = [tokenizer.unk_token_id, *sorted(tokenizer.added_tokens_decoder), 0, 1]
            pad = next(token for token in specials if token is not None and token != self.end_id)
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(pad)
        return tokenizer.pad_token_id


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
