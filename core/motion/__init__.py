"""How pictures move: features, homographies, optical flow and the camera that they tell of."""
