"""Commands of an operator: status, prune, certificates, scheduler, worker, deploy, ui."""
