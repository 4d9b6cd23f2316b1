"""What pictures are painted with: noise, canvases with light, textures seen through a camera, a rasteriser."""
