"""The bridge to Slicer: MRML nodes <-> volumes, transforms, surfaces, labels and landmarks in the RAS world.

The only code that knows Slicer's classes. It works inside Slicer (`scene = slicer.mrmlScene`) and outside, on the scene
of `open_scene()`. Every function takes the scene or a node of it. Parent transforms are honoured on the way in; on the
way out nodes stand in the world without one. Names load on first use, as everywhere in this package.
"""

from ..lazy import lazy_names

_HOMES = {
    "open_scene": ".application",
    "save_scene": ".application",
    "fields_of_view_to_nodes": ".fields_of_view",
    "grid_from_node": ".fields_of_view",
    "curve_from_node": ".landmarks",
    "landmark_errors_to_node": ".landmarks",
    "labels_of": ".landmarks",
    "landmarks_from_node": ".landmarks",
    "moved_landmarks_to_node": ".landmarks",
    "landmarks_to_node": ".landmarks",
    "model_to_node": ".models",
    "surface_from_node": ".models",
    "move_to_folder": ".placement",
    "place_beside": ".placement",
    "result_folder": ".placement",
    "show_in_slice_views": ".placement",
    "markups_to_node": ".markups",
    "markups_point_count": ".markups",
    "points_from_markups": ".markups",
    "crop_to_region": ".regions",
    "fit_region": ".regions",
    "labels_from_region": ".regions",
    "color_node": ".colors",
    "checkerboard_to_node": ".comparison",
    "difference_to_node": ".comparison",
    "show_side_by_side": ".comparison",
    "show_quantity": ".display",
    "Curves": ".plots",
    "show_in_layout": ".plots",
    "show_in_plot_view": ".plots",
    "PreviewVolume": ".preview",
    "give_role": ".roles",
    "node_with_role": ".roles",
    "metrics_to_node": ".tables",
    "table_to_node": ".tables",
    "labels_from_segmentation_node": ".segmentation_labels",
    "reference_grid": ".segmentation_labels",
    "segmentation_to_node": ".segmentations",
    "is_series": ".sequences",
    "series_from_node": ".sequences",
    "series_to_node": ".sequences",
    "shown_volume": ".sequences",
    "displacement_to_transform_node": ".transforms",
    "make_inverse_of": ".transforms",
    "matrix_from_transform_node": ".transforms",
    "matrix_to_transform_node": ".transforms",
    "transform_node_from_file": ".transform_files",
    "transform_to_displacement": ".transforms",
    "volume_from_node": ".volumes",
    "volume_to_node": ".volumes",
}
__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
