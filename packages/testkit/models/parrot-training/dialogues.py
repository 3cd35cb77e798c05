"""Generated dialogues that parrot learns from, and the tokenizer made for them.

A dialogue is a list of (text, is_target): the model is trained to produce the targets and reads the rest.
Everything comes from the module-level generator of `random`, so a seed gives the same dialogues again.
"""

import json
import random
import re

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY_SIZE = 512
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOOL_TOKENS = ["<tool_call>", "</tool_call>"]

# Any list with one word a line does; Debian's wamerican-small (public domain) is what parrot.gguf was made with.
WORD_LIST = "/usr/share/dict/american-english-small"
COMMON_WORDS = "the a of to and in is it for on with this that you are".split()
CITIES = (
    "Paris Rome Berlin Madrid London Tokyo Oslo Vienna Lisbon Dublin Prague Athens Cairo Delhi Boston Chicago "
    "Denver Seattle Austin Miami Toronto Sydney Warsaw Zurich Geneva Milan Naples Kyoto Seoul Lima Quito Bogota "
    "Havana Nairobi Lagos Hanoi Bangkok Manila Jakarta Dakar"
).split()
FREQUENT_TOOLS = "get_weather search web_search file_search lookup add echo get_time send_email".split()
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def read_words():
    with open(WORD_LIST) as lines:
        words = {line.strip() for line in lines}
    usable = sorted(word for word in words if re.fullmatch(r"[a-z]{2,9}", word))
    return random.Random(5).sample(usable, 6000)


RARE_WORDS = read_words()
WORDS = RARE_WORDS + COMMON_WORDS * 40


def build_tokenizer(path):
    """Trains a byte-level BPE tokenizer on words of the dialogues and saves it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" "), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    corpus = [" ".join(random.sample(RARE_WORDS, 60)) for _ in range(300)]
    corpus += ["get_weather search web_search file_search calculator name arguments city query " + " ".join(CITIES)] * 5
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=SPECIAL_TOKENS + TOOL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.save(path)
    return tokenizer


def word():
    kind = random.random()
    if kind < 0.62:
        text = random.choice(WORDS)
    elif kind < 0.72:
        text = random.choice(CITIES)
    elif kind < 0.82:
        text = str(random.randint(0, 9999))
    else:
        text = "".join(random.choice(LETTERS) for _ in range(random.randint(2, 7)))
    return text.capitalize() if random.random() < 0.2 else text


def phrase(shortest=1, longest=7):
    text = " ".join(word() for _ in range(random.randint(shortest, longest)))
    if random.random() < 0.25:
        text += random.choice(".!?")
    if random.random() < 0.15:
        text = text.replace(" ", ", ", 1)
    return text


def tool_name():
    if random.random() < 0.35:
        return random.choice(FREQUENT_TOOLS)
    return "_".join(random.choice(RARE_WORDS) for _ in range(random.choice([1, 1, 2, 2, 3])))


def argument():
    kind = random.random()
    if kind < 0.6:
        return phrase(1, 3)
    return random.randint(0, 999) if kind < 0.85 else random.choice([True, False])


def arguments():
    return {random.choice(RARE_WORDS): argument() for _ in range(random.choice([0, 1, 1, 1, 2]))}


def one_short_argument():
    return json.dumps(
        {random.choice(RARE_WORDS): random.choice([word(), random.randint(0, 99)]) for _ in range(random.randint(0, 1))}
    )


def place():
    return random.choice(CITIES) if random.random() < 0.5 else word().capitalize()


def call_text(name, args):
    return '<tool_call>\n{"name": "%s", "arguments": %s}\n</tool_call>' % (
        name,
        args if isinstance(args, str) else json.dumps(args),
    )


def exchange():
    """One thing to learn: (tools it needs, what the user says, the answer, tool results, the last answer).

    Tools are None for the exchange that is about memory: its texts are pairs. Results are None where no tool is
    called and a pair after two parallel calls.
    """
    kind = random.random()
    if kind < 0.20:
        said = phrase(1, 6)
        return [], random.choice(["say ", "Say ", "say: ", "repeat ", "echo "]) + said, said, None, None
    if kind < 0.31:
        first, second = tool_name(), tool_name()
        first_args, second_args = (one_short_argument() for _ in range(2))
        calls = call_text(first, first_args) + "\n" + call_text(second, second_args)
        results = phrase(1, 2), phrase(1, 2)
        return [first, second], f"call {first} {first_args} and {second} {second_args}", calls, results, None
    if kind < 0.48:
        name = tool_name()
        args = json.dumps(arguments(), separators=random.choice([(", ", ": "), (",", ":")]))
        result = random.choice([phrase(1, 6), json.dumps(arguments())])
        return [name], f"call {name} {args}", call_text(name, args), result, "Result: " + result
    if kind < 0.64:
        city = place()
        result = random.choice([phrase(1, 5), json.dumps({"temp": random.randint(-9, 40)}), "sunny", "rain"])
        questions = [
            "What is the weather in %s?",
            "weather in %s",
            "How is the weather in %s today?",
            "What's the weather in %s?",
        ]
        question = random.choice(questions) % city
        return ["get_weather"], question, call_text("get_weather", {"city": city}), result, "Result: " + result
    if kind < 0.76:
        query = phrase(1, 5)
        name = random.choice(["search", "web_search", "file_search", "lookup"])
        result = phrase(1, 8)
        request = random.choice(["search for ", "Search for ", "find "]) + query
        return [name], request, call_text(name, {"query": query}), result, "Result: " + result
    if kind < 0.82:
        name = place()
        said = "My name is %s." % name, "What is my name?"
        return None, said, ("Nice to meet you, %s." % name, "Your name is %s." % name), None, None
    if kind < 0.92:
        last = random.randint(2, 24)
        request = random.choice(["count to %d", "Count to %d.", "count to %d please"]) % last
        return [], request, " ".join(str(number + 1) for number in range(last)), None, None
    if kind < 0.94:
        greeting = random.choice(["hello", "Hello", "hi", "Hi!", "Hello!", "hey"])
        return [], greeting, "Hello! How can I help you?", None, None
    request = "What is the weather in %s?" % place() if random.random() < 0.5 else "search for " + phrase(1, 3)
    return [], request, NO_TOOL, None, None


NO_TOOL = "I have no tool for that."


def dialogue():
    """One whole dialogue, with tools, a system message and unrelated turns where chance has it."""
    parts = []

    def read(text):
        parts.append((text, 0))

    def user(text):
        read("<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n")

    def assistant(text):
        parts.append((text + "<|im_end|>", 1))
        read("\n")

    def distraction():
        if random.random() < 0.25:
            said = phrase(1, 4)
            user("say " + said)
            assistant(said)

    needed, said, answer, result, last_answer = exchange()
    tools = []
    if needed:
        tools = needed + [tool_name() for _ in range(random.randint(0, 2))]
        random.shuffle(tools)
    elif needed == [] and answer != NO_TOOL and random.random() < 0.3:
        tools = [tool_name() for _ in range(random.randint(1, 3))]
    if tools:
        read("<|im_start|>tools\n" + "\n".join(tools) + "<|im_end|>\n")
    if random.random() < 0.3:
        system = random.choice(["You are a helpful assistant.", phrase(2, 8)])
        read("<|im_start|>system\n" + system + "<|im_end|>\n")
    distraction()
    if needed is None:
        user(said[0])
        assistant(answer[0])
        distraction()
        user(said[1])
        assistant(answer[1])
        return parts
    user(said)
    assistant(answer)
    if isinstance(result, tuple):
        for position, text in enumerate(result):
            turn = "<|im_start|>assistant\n" if position else ""
            read("<|im_start|>tool\n" + text + "<|im_end|>\n" + turn)
        assistant("Result: " + result[0] + " and " + result[1])
    elif result is not None:
        read("<|im_start|>tool\n" + result + "<|im_end|>\n<|im_start|>assistant\n")
        assistant(last_answer)
    return parts
