/* check.h -- the program's logits against those that train.py wrote down. */
#ifndef QUICKSTART_CHECK_H
#define QUICKSTART_CHECK_H

/**
 * Run every picture named in ACCURACY.txt (they lie in pictures/ beside it), and print how far the logits are from those
 * that PyTorch computed in float64.
 * @return 0 if all are within 5e-6 of the largest |logit| of their picture; else 1, after a message
 */
int check_logits(const char *accuracy_file);

#endif
