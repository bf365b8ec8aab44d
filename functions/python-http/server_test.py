import http.client
import json
import threading
import unittest

import server


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.http = server.Server(("127.0.0.1", 0))
        threading.Thread(target=cls.http.serve_forever, args=(0.01,), daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.http.shutdown()
        cls.http.server_close()

    def ask(self, method, path, body=None, **options):
        client = http.client.HTTPConnection(*self.http.server_address)
        self.addCleanup(client.close)
        client.request(method, path, body, **options)
        response = client.getresponse()
        return response.status, response.read().decode(), response

    def test_hello_and_health_answer(self):
        self.assertEqual(self.ask("GET", "/")[:2], (200, "hello world\n"))
        self.assertEqual(self.ask("GET", "/health?probe=1")[:2], (200, '{"status":"healthy","version":"1.0.0"}'))

    def test_echo_returns_the_request_and_its_text(self):
        body = '{"id":18446744073709551615,"user_agent":"ü","metadata":["a"]}'
        status, text, _ = self.ask("POST", "/echo", body.encode())
        self.assertEqual(status, 200)
        answer = json.loads(text)
        self.assertEqual((answer["id"], answer["request"]), (2**64 - 1, body))

    def test_echo_refuses_what_is_not_its_request(self):
        for body in ("", "[]", "{", "NaN", '{"id":true,"user_agent":"u","metadata":[]}', '{"id":1,"user_agent":"u"}',
                     '{"id":-1,"user_agent":"u","metadata":[]}', '{"id":1,"user_agent":"u","metadata":[null]}'):
            self.assertEqual(self.ask("POST", "/echo", body)[0], 400, body)

    def test_api_hashes_as_often_as_it_is_asked_to(self):
        _, text, _ = self.ask("POST", "/api", '{"id":1,"payload":"abc","rounds":1}')
        # FIPS 180-4's own example
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        self.assertEqual(text, '{"id":1,"rounds":1,"sha256":"%s"}' % digest)
        for rounds in ("0", "10001", "-1", "1.5", '"1"', "true"):
            self.assertEqual(self.ask("POST", "/api", '{"id":1,"payload":"","rounds":%s}' % rounds)[0], 400, rounds)

    def test_a_body_may_come_in_chunks(self):
        parts = iter([b'{"id":1,"payload":', b'"abc","rounds":1}'])
        self.assertEqual(self.ask("POST", "/api", parts, encode_chunked=True)[0], 200)

    def test_what_is_not_served_is_refused(self):
        self.assertEqual(self.ask("GET", "/nowhere")[0], 404)
        status, _, response = self.ask("GET", "/echo")
        self.assertEqual((status, response.getheader("Allow")), (405, "POST"))
        self.assertEqual(self.ask("POST", "/echo", " " * (server.BODY_LIMIT + 1))[0], 413)


if __name__ == "__main__":
    unittest.main()
