from dataset_files import faults, make, read


def dataset(*images):
    annotations = [
        {"id": i, "image_id": image["id"], "category_id": 1, "bbox": [1, 2, 3, 4]}
        for i, image in enumerate(images)
    ]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "cat"}]}


def test_images_of_lvis_are_named_by_their_addresses(tmp_path):
    # a set of LVIS has images of both folders of COCO, in which numbers are told apart by the folder
    addresses = [f"http://images.cocodataset.org/{name}" for name in ("train2017/1.jpg", "val2017/1.jpg")]
    images = [{"id": i, "coco_url": url, "width": 9, "height": 9} for i, url in enumerate(addresses)]
    make(tmp_path, {"lvis_v1_train.json": dataset(*images), "train2017/1.jpg": "", "val2017/1.jpg": ""})
    table = read(tmp_path)
    assert table.images["file"].tolist() == ["train2017/1.jpg", "val2017/1.jpg"]
    assert table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist() == [[1, 2, 4, 6]] * 2
    assert table.issues == ()


def test_a_file_name_comes_before_an_address(tmp_path):
    image = {"id": 1, "file_name": "a.jpg", "coco_url": "http://images.cocodataset.org/train2017/1.jpg"}
    make(tmp_path, {"a.json": dataset(image), "a.jpg": "", "train2017/1.jpg": ""})
    assert read(tmp_path).images["file"].tolist()[0] == "a.jpg"


def test_an_address_that_is_none_is_listed(tmp_path):
    make(tmp_path, {"a.json": dataset({"id": 1, "coco_url": None}), "a.jpg": ""})
    assert ("a.json", "unreadable-annotation") in faults(read(tmp_path))
