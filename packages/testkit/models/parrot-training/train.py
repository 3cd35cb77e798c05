"""Trains parrot: python train.py STEPS [CHECKPOINT [SEED]]

Writes tokenizer.json once and checkpoint.pkl every 200 steps, into the current folder; a given checkpoint is
the place to start from.
"""

import os
import pickle
import random
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2"

import jax
import jax.numpy as jnp
import numpy as np
import optax

import dialogues

WIDTH, LAYERS, HEADS, HIDDEN = 128, 3, 4, 256
LENGTH, BATCH = 208, 16
HEAD_WIDTH = WIDTH // HEADS
VOCABULARY = dialogues.VOCABULARY_SIZE
ROPE_FREQUENCIES = 1 / 10000 ** (np.arange(0, HEAD_WIDTH, 2) / HEAD_WIDTH)


def fresh_weights(key):
    keys = iter(jax.random.split(key, 64))

    def normal(*shape, scale=0.02):
        return jax.random.normal(next(keys), shape) * scale

    return {
        "embedding": normal(VOCABULARY, WIDTH, scale=0.05),
        "output": normal(WIDTH, VOCABULARY),
        "norm": jnp.ones(WIDTH),
        "blocks": [
            {
                "attn_norm": jnp.ones(WIDTH),
                "ffn_norm": jnp.ones(WIDTH),
                "attn_q": normal(WIDTH, WIDTH, scale=0.06),
                "attn_k": normal(WIDTH, WIDTH, scale=0.06),
                "attn_v": normal(WIDTH, WIDTH, scale=0.06),
                "attn_output": normal(WIDTH, WIDTH, scale=0.03),
                "ffn_gate": normal(WIDTH, HIDDEN, scale=0.06),
                "ffn_up": normal(WIDTH, HIDDEN, scale=0.06),
                "ffn_down": normal(HIDDEN, WIDTH, scale=0.03),
            }
            for _ in range(LAYERS)
        ],
    }


def rms_norm(x, gain):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * gain


def rope(x, positions):
    """Rotates adjacent pairs, which is what llama.cpp expects of the llama architecture."""
    angle = positions[:, :, None, None] * ROPE_FREQUENCIES
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    even, odd = x[..., 0::2], x[..., 1::2]
    return jnp.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)


def forward(weights, ids, positions):
    x = weights["embedding"][ids]
    length = ids.shape[1]
    causal = jnp.tril(jnp.ones((length, length), bool))
    for block in weights["blocks"]:
        h = rms_norm(x, block["attn_norm"])
        shape = h.shape[:2] + (HEADS, HEAD_WIDTH)
        q = rope((h @ block["attn_q"]).reshape(shape), positions)
        k = rope((h @ block["attn_k"]).reshape(shape), positions)
        v = (h @ block["attn_v"]).reshape(shape)
        scores = jnp.einsum("bihd,bjhd->bhij", q, k) / np.sqrt(HEAD_WIDTH)
        attention = jax.nn.softmax(jnp.where(causal, scores, -1e9), -1)
        x = x + jnp.einsum("bhij,bjhd->bihd", attention, v).reshape(x.shape) @ block["attn_output"]
        h = rms_norm(x, block["ffn_norm"])
        x = x + (jax.nn.silu(h @ block["ffn_gate"]) * (h @ block["ffn_up"])) @ block["ffn_down"]
    return rms_norm(x, weights["norm"]) @ weights["output"]


def loss(weights, ids, positions, targets):
    """Targets count in full, what the model only reads counts a little; also gives loss and exactness of targets."""
    logits = forward(weights, ids[:, :-1], positions[:, :-1])
    per_token = optax.softmax_cross_entropy_with_integer_labels(logits, ids[:, 1:])
    target = targets[:, 1:]
    weight = target + 0.05 * (1 - target) * (ids[:, 1:] > 0)
    right = (logits.argmax(-1) == ids[:, 1:]) | (target == 0)
    return (per_token * weight).sum() / weight.sum(), (
        (per_token * target).sum() / target.sum(),
        right.all(-1).mean(),
    )


def batch(tokenizer):
    ids = np.zeros((BATCH, LENGTH), np.int32)
    targets = np.zeros((BATCH, LENGTH), np.float32)
    for row in range(BATCH):
        while True:
            tokens, is_target = [], []
            for text, target in dialogues.dialogue():
                encoded = tokenizer.encode(text).ids
                tokens += encoded
                is_target += [target] * len(encoded)
            if len(tokens) <= LENGTH:
                break
        ids[row, : len(tokens)] = tokens
        targets[row, : len(tokens)] = is_target
    # Random offsets, so that the model also works further into a long conversation.
    offset = np.random.randint(0, 300, (BATCH, 1))
    return ids, (np.arange(LENGTH)[None] + offset).astype(np.float32), targets


def main():
    steps = int(sys.argv[1])
    checkpoint = sys.argv[2] if len(sys.argv) > 2 else None
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    if os.path.exists("tokenizer.json"):
        tokenizer = dialogues.Tokenizer.from_file("tokenizer.json")
    else:
        tokenizer = dialogues.build_tokenizer("tokenizer.json")

    schedule = optax.warmup_cosine_decay_schedule(0, 1.5e-3, 30, steps, 1e-4)
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(schedule, b2=0.98, weight_decay=0.02),
    )
    if checkpoint is None:
        weights = fresh_weights(jax.random.PRNGKey(0))
    else:
        with open(checkpoint, "rb") as file:
            weights = pickle.load(file)
    state = optimizer.init(weights)

    @jax.jit
    def step(weights, state, ids, positions, targets):
        (value, details), gradient = jax.value_and_grad(loss, has_aux=True)(weights, ids, positions, targets)
        updates, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, updates), state, value, details

    start = time.time()
    for number in range(steps):
        weights, state, value, (target_loss, exact) = step(weights, state, *batch(tokenizer))
        is_last = number == steps - 1
        if number % 50 == 0 or is_last:
            seconds = time.time() - start
            print(f"{number} {seconds:.0f}s loss {value:.3f} target {target_loss:.3f} exact {exact:.2f}", flush=True)
        if number % 200 == 199 or is_last:
            with open("checkpoint.pkl", "wb") as file:
                pickle.dump(jax.tree.map(np.asarray, weights), file)


if __name__ == "__main__":
    main()
