"""Reference implementations of generative AI: one technique, one file, each checked against an independent library.

What is public is a module; import what you need from it, as in `from aigc_ref.metrics.bleu import corpus_bleu`.

    finetune     causal_lm, token_classification, sequence_classification; each is a command, too
    datasets     fashion_mnist, emoji, poetry, rhyme_books, snownlp, splitting
    pretrained   encoders, vocabulary_pruning, efficientnet, tiktoken_vocabularies, tutorial_checkpoints, loading
    lm           gpt (with a cache of keys and values), gpt2, loss, generate, beam_search
    gan          losses, penalties, networks, train, toy
    selfsup      mlm, rotation, probe
    peft         lora, adalora, allocation, adapter, layers, files, peft_format
    metrics      bleu, chrf, rouge, ner, perplexity, diversity; bertscore, mauve, frechet, kernel_distance,
                 inception_score, prdc; `python -m aigc_ref.metrics` is a command
    text         lines, conll, labelled, tags; segmentation, tokenizers, word_pieces; datasets, sampling,
                 collate, packing
    train        loop; loss, batch, recipe, validation, checkpoint and record, which it is made of
    fetch        cache, packages
    figures      the site's look for matplotlib
    arguments    bounds of numbers on a command line

A room imports from those below it in this list, never from those above: `train` and `fetch` know of no kind of data.

Nothing is imported here, so that `aigc_ref.metrics.bleu` costs what it needs: no torch. What needs more than Python has
it from the extra `train`: `pip install --editable '.[train]'` in a clone of the project.
"""
