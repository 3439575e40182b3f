"""Genre classifiers: predict the genres of a film from its title, its description, or both.

The route of the data, one package per step:

- `data`: rows to films with labels (`merge_rows`, `films`), one split for all models (`split`);
- `models`: texts to numbers (`vectorizers`), estimators (`linear`, `trees`, `ml_knn`,
  `classifier_chains`, `transformer`), and `classifier`, the one contract over all of them:
  calibrated probabilities and a rule that decides;
- `training`: one job to one model on disk (`train`, `persistence`, never pickled), and the
  registry of trained models;
- `evaluation`: figures on held-out films, HTML pages and the model card;
- `serving`: predictions for one film, or for a whole catalogue.
"""
