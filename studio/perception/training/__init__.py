"""How studio-clip is made: rendered look-alikes, a contrastive fit, calibration, and an honest examination.

python -m studio.perception.training render DIR     pictures of made-up characters and places
python -m studio.perception.training fit DIR        train, calibrate and write the weights
python -m studio.perception.training examine DIR    figures on identities, sets and styles kept out of training
"""
