from tests.support.http import served


def test_the_page_loads_nothing_from_elsewhere() -> None:
    with served() as client:
        page = client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        for path, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
            assert f'"{path}"' in page.text
            answer = client.get(f"/{path}")
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
            assert "//" not in answer.text.replace("// ", "")
        assert "http" not in page.text
