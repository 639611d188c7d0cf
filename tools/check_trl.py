"""Hold the trainer views of a release against TRL itself: its own data checks, then two steps of real training.

Run by `make acceptance-trl RELEASE=DIR`, in an environment of its own: the project does not depend on TRL. Reads a
release folder; writes to a temporary folder; needs no network: its model has a few thousand weights, made on the spot.
"""

import sys
import tempfile

from datasets import Dataset, load_dataset  # type: ignore[import-untyped]  # it ships no types
from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # type: ignore[import-not-found]  # in the environment of TRL alone
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # type: ignore[import-not-found]  # in the environment of TRL alone
from trl import DPOConfig, DPOTrainer  # type: ignore[import-not-found]  # in the environment of TRL alone
from trl.data_utils import (  # type: ignore[import-not-found]  # in the environment of TRL alone
    extract_prompt,
    is_conversational,
    maybe_apply_chat_template,
    maybe_extract_prompt,
    unpair_preference_dataset,
)

UNKNOWN = "[unk]"
MARKS = {"unk_token": UNKNOWN, "pad_token": "[pad]", "eos_token": "[eos]"}
TEMPLATE = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{{ eos_token }}{% endfor %}"


def small_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-pair tokenizer of 400 words, trained on the texts themselves."""
    inner = Tokenizer(models.BPE(unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel()
    inner.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=400, special_tokens=list(MARKS.values())))
    made = PreTrainedTokenizerFast(tokenizer_object=inner, **MARKS)
    made.chat_template = TEMPLATE
    return made


def check_form(name: str, rows: Dataset, tokenizer: PreTrainedTokenizerFast) -> None:
    """TRL's own idea of the format: conversational, explicit prompt, chosen and rejected that differ."""
    for row in rows:
        pair = {key: row[key] for key in ("prompt", "chosen", "rejected")}
        assert is_conversational(pair), f"{name}: TRL does not take {row['item']} for a conversation"
        assert maybe_extract_prompt(pair) == pair, f"{name}: TRL would cut another prompt out of {row['item']}"
        implicit = {side: pair["prompt"] + pair[side] for side in ("chosen", "rejected")}
        assert extract_prompt(implicit) == pair, f"{name}: the prompt of {row['item']} does not survive joining"
        assert pair["chosen"] != pair["rejected"], f"{name}: both sides of {row['item']} are the same"
        assert maybe_apply_chat_template(pair, tokenizer)["prompt"], f"{name}: no prompt for {row['item']}"
    unpaired = unpair_preference_dataset(rows.select_columns(["prompt", "chosen", "rejected"]))
    assert len(unpaired) == 2 * len(rows), f"{name}: unpairing gives {len(unpaired)} of {2 * len(rows)}"


def train(name: str, rows: Dataset, tokenizer: PreTrainedTokenizerFast, folder: str) -> float:
    """Two steps of DPO with an unmodified trainer, side columns and all; the loss of the last."""
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), pad_token_id=1, eos_token_id=2, **shape))
    model.save_pretrained(f"{folder}/{name}-model")  # the trainer reads its reference model from where this one lies
    model = LlamaForCausalLM.from_pretrained(f"{folder}/{name}-model")
    settings = DPOConfig(
        output_dir=f"{folder}/{name}", max_steps=2, per_device_train_batch_size=2, report_to=[], use_cpu=True,
        logging_steps=1, save_strategy="no", bf16=False, seed=0, disable_tqdm=True, max_length=256,
    )  # fmt: skip
    trainer = DPOTrainer(model=model, args=settings, train_dataset=rows, processing_class=tokenizer)
    return float(trainer.train().training_loss)


def main(release: str) -> None:
    """Check both views of a release."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("trl_preference", "trl_preference_soft"):
            rows = load_dataset(release, name, cache_dir=folder)["train"]
            texts = [turn["content"] for row in rows for key in ("prompt", "chosen") for turn in row[key]]
            tokenizer = small_tokenizer(texts)
            check_form(name, rows, tokenizer)
            loss = train(name, rows, tokenizer, folder)
            sys.stdout.write(f"{name}: {len(rows)} rows accepted, DPO loss {loss:.4f}\n")


if __name__ == "__main__":
    main(sys.argv[1])
