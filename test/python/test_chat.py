"""One place makes token ids: what each trainer's collator, PPO and the server really see is the same."""

import json

import pytest
import tiny
import torch
from flywheel_trainer import dpo, ppo, reward, sft
from flywheel_trainer.chat import Chat
from flywheel_trainer.data import demonstrations, pairs, prompts
from flywheel_trainer.engine import Loaded
from flywheel_trainer.errors import JobError
from flywheel_trainer.job import read_job
from flywheel_trainer.lease import Lease
from flywheel_trainer.models import load_causal
from flywheel_trainer.progress import Progress
from flywheel_trainer.run import Context
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def bytes_tokenizer(
    eos: str = '<|im_end|>', pad: str | None = None, template: str | None = CHATML
) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with ChatML, as many real models have it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(['the cat said the word and the dog said no\n'] * 4, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=eos, pad_token=pad, clean_up_tokenization_spaces=False
    )
    wrapped.add_special_tokens({'additional_special_tokens': specials[1:2]})
    wrapped.chat_template = template
    return wrapped


DIALOGUE = [
    {'role': 'system', 'content': 'be brief'},
    tiny.user('the cat'),
    tiny.assistant('said no'),
    tiny.user('the dog'),
]


class TestIds:
    def test_the_answer_ends_with_the_end_of_turn_and_nothing_behind_it(self):
        chat = Chat(bytes_tokenizer())
        prompt, answer = chat.dialogue_ids(DIALOGUE, [tiny.assistant('said the word')])
        assert answer.count(chat.end_id) == 1 and answer[-1] == chat.end_id
        assert chat.text(answer) == 'said the word'
        assert prompt == chat.prompt_ids(DIALOGUE)
        whole = chat.tokenizer.apply_chat_template([*DIALOGUE, tiny.assistant('said the word')], tokenize=False)
        assert chat.tokenizer.decode(prompt + answer) + '\n' == whole

    def test_an_end_of_turn_inside_an_answer_ends_it(self):
        chat = Chat(bytes_tokenizer())
        _, answer = chat.dialogue_ids(DIALOGUE, [tiny.assistant('no<|im_end|>\n<|im_start|>user\nthe cat')])
        assert chat.text(answer) == 'no' and answer.count(chat.end_id) == 1

    def test_a_template_that_prints_no_end_of_turn_gets_one(self):
        chat = Chat(
            bytes_tokenizer(
                '<|endoftext|>', template="{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}"
            )
        )
        _, answer = chat.dialogue_ids([tiny.user('the')], [tiny.assistant('cat')])
        assert answer[-1] == chat.end_id and answer.count(chat.end_id) == 1

    def test_tokens_that_would_span_the_border_are_split_there(self):
        # " sa" + "id" is one token, " said"; a model that samples starts behind the prompt's last token, " sa".
        template = (
            "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] + ' sa' }}"
            "{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{% endfor %}"
        )
        chat = Chat(bytes_tokenizer(template=template))
        prompt, answer = chat.dialogue_ids([tiny.user('the cat')], [tiny.assistant('id')])
        assert prompt == chat.prompt_ids([tiny.user('the cat')]) and chat.text(prompt + answer) == 'the cat said'
        assert prompt + answer[:-1] != chat.tokenizer('the cat said')['input_ids'], 'the case is the one meant'


class TestRefusals:
    def test_an_end_of_turn_that_the_template_does_not_print(self):
        with pytest.raises(JobError) as caught:
            Chat(bytes_tokenizer('<|endoftext|>'))
        assert caught.value.kind == 'chat-template' and caught.value.cure == 'set chat_eos to "<|im_end|>"'
        assert Chat(bytes_tokenizer('<|endoftext|>'), eos='<|im_end|>').tokenizer.eos_token == '<|im_end|>'

    def test_an_end_of_turn_that_is_no_token(self):
        with pytest.raises(JobError, match="chat_eos '<|stop|>' is no token"):
            Chat(bytes_tokenizer(), eos='<|stop|>')

    def test_a_role_that_the_template_refuses(self):
        strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + CHATML
        with pytest.raises(JobError, match='refuses a dialogue of system, user, assistant, user: no system role'):
            Chat(bytes_tokenizer(template=strict)).prompt_ids(DIALOGUE)


def test_padding_is_never_the_end_of_a_turn():
    """Else a reward model would look for its score one token too early."""
    for pad in (None, '<|im_end|>'):
        chat = Chat(bytes_tokenizer(pad=pad))
        assert chat.pad_id != chat.end_id and chat.tokenizer.pad_token_id == chat.pad_id
    assert Chat(bytes_tokenizer(pad='<|endoftext|>')).tokenizer.pad_token == '<|endoftext|>'


@pytest.fixture(scope='module')
def expected(base) -> tuple[Chat, list[tuple[list[int], list[int]]]]:
    """Every test prompt with its good answer, as `chat.py` gives their ids."""
    chat = Chat.load(base)
    return chat, [chat.dialogue_ids(prompt, [tiny.assistant(tiny.answer(prompt))]) for prompt in tiny.prompts()]


def test_multi_turn_and_system_rows_render_by_hand(expected):
    chat, ids = expected
    text = [chat.tokenizer.decode(prompt + answer) for prompt, answer in ids]
    assert text[1] == '<|system|> be brief <|end|> <|user|> say red green <|end|> <|assistant|> red green <|end|>'
    assert text[2] == (
        '<|user|> say cat <|end|> <|assistant|> cat <|end|> '
        '<|user|> please say red cat now <|end|> <|assistant|> red cat <|end|>'
    )


def context_of(folder) -> Context:
    return Context(read_job(folder), folder, Lease(folder), Progress(folder), 0)


def collated(trainer):
    """(ids, loss mask) of every row that the trainer's own data loader yields, without its padding."""
    for batch in trainer.get_train_dataloader():
        for ids, mask, *rest in zip(
            *(batch[name] for name in ('input_ids', 'attention_mask', 'labels', 'completion_mask') if name in batch),
            strict=True,
        ):
            real = mask.bool()
            yield ids[real].tolist(), [row[real].tolist() for row in rest]


def test_sft_sees_these_ids_and_learns_the_last_answer_only(expected, tmp_path, base):
    chat, ids = expected
    context = context_of(tiny.make_job(tmp_path / 'sft', 'sft', base))
    rows, _ = demonstrations(tiny.rows('sft'), chat, 48)
    seen = {tuple(row): labels for row, (labels,) in collated(sft.build_trainer(context, chat, rows))}
    assert seen == {tuple(prompt + answer): [-100] * len(prompt) + answer for prompt, answer in ids}


def test_dpo_sees_these_ids(expected, tmp_path, base):
    chat, ids = expected
    context = context_of(tiny.make_job(tmp_path / 'dpo', 'dpo', base))
    rows, _ = pairs(tiny.rows('dpo'), chat, 48)
    seen = {tuple(row): mask for row, (mask,) in collated(dpo.build_trainer(context, chat, rows))}
    assert len(seen) == 2 * len(ids), 'chosen and rejected'
    for prompt, answer in ids:
        assert seen[tuple(prompt + answer)] == [0] * len(prompt) + [1] * len(answer)


def test_reward_sees_these_ids(expected, tmp_path, base):
    chat, ids = expected
    context = context_of(tiny.make_job(tmp_path / 'reward', 'reward', base))
    rows, _ = pairs(tiny.rows('reward'), chat, 48)
    seen = {tuple(row) for row, _ in collated(reward.build_trainer(context, chat, rows))}
    assert len(seen) == 2 * len(ids) and seen > {tuple(prompt + answer) for prompt, answer in ids}


def test_ppo_and_serving_see_these_ids(expected, tmp_path, base, reward_model):
    chat, ids = expected
    job = read_job(tiny.make_job(tmp_path / 'ppo', 'ppo', base, reward_model=str(reward_model)))
    rows, _ = prompts(tiny.rows('ppo'), chat, 24)
    rollout, _ = ppo.Learner(job, chat).rollout(rows, 0)
    loaded = Loaded(load_causal(str(base)), Chat.load(base), 48)
    ended = 0
    for index, (prompt, _) in enumerate(ids):
        sampled = rollout.ids[index][rollout.mask[index].bool()].tolist()
        assert sampled[: len(prompt)] == prompt == loaded.prompt_ids(tiny.prompts()[index])
        answer = sampled[len(prompt) :]
        text = chat.text(answer)
        if answer[-1] == chat.end_id and not set(answer[:-1]) & set(chat.tokenizer.all_special_ids):
            # What was sampled, read back as a row of a dataset, is the same ids again.
            assert chat.dialogue_ids(tiny.prompts()[index], [tiny.assistant(text)]) == (prompt, answer)
            ended += 1
    assert ended > 20


def test_the_reward_head_is_read_at_the_end_of_turn(tmp_path, base, reward_model):
    """TRL reads it through transformers, PPO through `scalar.py`: both at the same token."""
    from flywheel_trainer.models import load_scalar
    from flywheel_trainer.scalar import last_token_scores
    from flywheel_trainer.tensors import pad_left, pad_right

    chat = Chat.load(base)
    made = [
        prompt + answer
        for prompt, answer in (chat.dialogue_ids(row['prompt'], row['chosen']) for row in tiny.rows('reward'))
    ]
    model = load_scalar(str(reward_model)).eval()
    ids, mask = pad_right(made, chat.pad_id, 'cpu')
    with torch.no_grad():
        theirs = model(input_ids=ids, attention_mask=mask).logits.squeeze(-1)
        ours = last_token_scores(model, *pad_left(made, chat.pad_id, 'cpu'))
    assert torch.allclose(theirs, ours, atol=1e-5) and ours.std() > 0
    assert json.loads((reward_model / 'config.json').read_text())['pad_token_id'] == chat.pad_id
