"""Metrics: of texts, right for Chinese by default, and of the features that a model makes of samples.

    without torch    bleu, chrf, rouge, ner, diversity, perplexity, and prosody, of verse;
                     `python -m aigc_ref.metrics` reads files for all but the last
    with torch       calibration, bertscore, mauve, frechet, kernel_distance, inception_score, prdc

report adds up precision and recall; how texts are cut and tags are read, `aigc_ref.text` says.

The room knows `text` and no other.
"""
