"""Writes checkpoint.pkl and tokenizer.json of the current folder to parrot.gguf, chat template included."""

import json
import os
import pickle

import gguf
import numpy as np

from dialogues import SPECIAL_TOKENS, TOOL_TOKENS
from train import HEADS

TEMPLATE = os.path.join(os.path.dirname(__file__), "..", "parrot-chat.jinja")


def read_vocabulary():
    """The tokens in the order of their ids, and the merges as pairs in one string."""
    with open("tokenizer.json") as file:
        tokenizer = json.load(file)
    vocabulary = dict(tokenizer["model"]["vocab"])
    for added in tokenizer["added_tokens"]:
        vocabulary[added["content"]] = added["id"]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    return sorted(vocabulary, key=vocabulary.get), vocabulary, merges


def token_type(token):
    if token in SPECIAL_TOKENS:
        return gguf.TokenType.CONTROL
    return gguf.TokenType.USER_DEFINED if token in TOOL_TOKENS else gguf.TokenType.NORMAL


def main():
    with open("checkpoint.pkl", "rb") as file:
        weights = pickle.load(file)
    tokens, vocabulary, merges = read_vocabulary()
    width = weights["embedding"].shape[1]

    writer = gguf.GGUFWriter("parrot.gguf", "llama")
    writer.add_name("parrot")
    writer.add_block_count(len(weights["blocks"]))
    writer.add_context_length(2048)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(weights["blocks"][0]["ffn_gate"].shape[1])
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(0)

    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([token_type(token) for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(vocabulary["<|endoftext|>"])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    writer.add_add_bos_token(False)
    with open(TEMPLATE) as file:
        writer.add_chat_template(file.read())

    def tensor(name, values):
        writer.add_tensor(name + ".weight", np.ascontiguousarray(np.asarray(values, np.float32)))

    tensor("token_embd", weights["embedding"])
    for number, block in enumerate(weights["blocks"]):
        for name, values in block.items():
            # gguf wants matrices with the output first; the gains of the norms are vectors.
            tensor(f"blk.{number}.{name}", values.T)
    tensor("output_norm", weights["norm"])
    tensor("output", weights["output"].T)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
