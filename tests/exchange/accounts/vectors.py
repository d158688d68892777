"""Published signatures whose key is published too, read 2026-11-24. The keys are the documents' own examples.

Not here: the RSA and Ed25519 examples of rest-api.md and web-socket-api.md, whose keys nobody knows, and the
requests of web-socket-api.md whose signature fits their text no more (they were edited).
"""

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"

LTCBTC = (
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
    "&timestamp=1499827319559"
)

REST_HMAC = (
    # rest-api.md, "HMAC Keys"
    (LTCBTC, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
    (
        (
            "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
            "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
        ),
        "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
    ),
    # README.md of the venue's binance-signature-examples
    ("timestamp=1578963600000", "d84e6641b1e328e7b418fff030caed655c266299c9355e36ce801ed14631eed4"),
)

WS_HMAC = (
    # web-socket-api.md: the method, its parameters in the order of the example, and the signature. Of the second
    # the page's text was signed (quantity 1.00000000), not its first JSON.
    (
        "order.place",
        (
            "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01000000"
            f"&price=52000.00&recvWindow=100&timestamp=1645423376532&apiKey={KEY}"
        ),
        "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
    ),
    (
        "order.place",
        (
            "symbol=１２３４５６&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.00000000"
            f"&price=0.10000000&recvWindow=5000&timestamp=1645423376532&apiKey={KEY}"
        ),
        "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
    ),
    (
        "session.logon",
        f"apiKey={KEY}&timestamp=1649729878532",
        "1cf54395b336b0a9727ef27d5d98987962bc47aca6e13fe978612d0adee066ed",
    ),
    (
        "order.test",
        (
            "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&price=23416.10000000"
            f"&quantity=0.00847000&apiKey={KEY}&timestamp=1660801715431"
        ),
        "15af09e41c36f3cc61378c2fbe2c33719a03dd5eba8d0f9206fbda44de717c88",
    ),
    (
        "order.cancel",
        (
            f"symbol=BTCUSDT&origClientOrderId=4d96324ff9d44481926157&apiKey={KEY}"
            "&timestamp=1660801715830"
        ),
        "33d5b721f278ae17a52f004a82a6f68a70c68e7dd6776ed0be77a455ab855282",
    ),
    (
        "order.cancelReplace",
        (
            "symbol=BTCUSDT&cancelReplaceMode=ALLOW_FAILURE"
            "&cancelOrigClientOrderId=4d96324ff9d44481926157&side=SELL&type=LIMIT&timeInForce=GTC"
            f"&price=23416.10000000&quantity=0.00847000&apiKey={KEY}&timestamp=1660813156900"
        ),
        "7028fdc187868754d25e42c37ccfa5ba2bab1d180ad55d4c3a7e2de643943dc5",
    ),
    (
        "openOrders.cancelAll",
        f"symbol=BTCUSDT&apiKey={KEY}&timestamp=1660805557200",
        "773f01b6e3c2c9e0c1d217bc043ce383c1ddd6f0e25f8d6070f2b66a6ceaf3a5",
    ),
    (
        "orderList.place",
        (
            "symbol=BTCUSDT&side=SELL&price=23420.00000000&quantity=0.00650000"
            "&stopPrice=23410.00000000&stopLimitPrice=23405.00000000&stopLimitTimeInForce=GTC"
            f"&newOrderRespType=RESULT&apiKey={KEY}&timestamp=1660801713767"
        ),
        "6689c2a36a639ff3915c2904871709990ab65f3c7a9ff13857558fd350315c35",
    ),
    (
        "account.status",
        f"apiKey={KEY}&timestamp=1660801839480",
        "83303b4a136ac1371795f465808367242685a9e3a42b22edb4d977d0696eb45c",
    ),
    (
        "order.status",
        f"symbol=BTCUSDT&orderId=12569099453&apiKey={KEY}&timestamp=1660801720951",
        "2c3aab5a078ee4ea465ecd95523b77289f61476c2f238ec10c55ea6cb11a6f35",
    ),
    (
        "openOrders.status",
        f"symbol=BTCUSDT&apiKey={KEY}&timestamp=1660813156812",
        "d632b3fdb8a81dd44f82c7c901833309dd714fe508772a89b0a35b0ee0c48b89",
    ),
    (
        "allOrders",
        (
            f"symbol=BTCUSDT&startTime=1660780800000&endTime=1660867200000&limit=5&apiKey={KEY}"
            "&timestamp=1661955123341"
        ),
        "f50a972ba7fad92842187643f6b930802d4e20bce1ba1e788e856e811577bd42",
    ),
    (
        "openOrderLists.status",
        f"apiKey={KEY}&timestamp=1660801713831",
        "1bea8b157dd78c3da30359bddcd999e4049749fe50b828e620e12f64e8b433c9",
    ),
    (
        "allOrderLists",
        (
            f"startTime=1660780800000&endTime=1660867200000&limit=5&apiKey={KEY}"
            "&timestamp=1661955123341"
        ),
        "c8e1484db4a4a02d0e84dfa627eb9b8298f07ebf12fcc4eaf86e4a565b2712c2",
    ),
    (
        "myTrades",
        (
            f"symbol=BTCUSDT&startTime=1660780800000&endTime=1660867200000&apiKey={KEY}"
            "&timestamp=1661955125250"
        ),
        "c5a5ffb79fd4f2e10a92f895d488943a57954edf5933bde3338dfb6ea6d6eefc",
    ),
    (
        "account.rateLimits.orders",
        f"apiKey={KEY}&timestamp=1660801839500",
        "76289424d6e288f4dc47d167ac824e859dabf78736f4348abbbac848d719eb94",
    ),
)

# fix-api.md, "Signature computation": public half of the key that is published there
ED25519_PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGUIKv9dSpWXBViXp2m6vAIb8QMFJYBgyFEQsFJlqgA0=
-----END PUBLIC KEY-----
"""
ED25519 = (
    (
        "A\x01EXAMPLE\x01SPOT\x011\x0120240627-11:17:25.223",
        "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA==",
    ),
    # computed with the same key
    (
        LTCBTC,
        "WfzGnDebxAC6/SQQ8IgxO2A8zV0I3v3OTWs0IkFAqkrVzaUtwtzJI7VQf3QCKbPbYawE7LohsWhJm55b7ZPBAQ==",
    ),
)

# python/private_key.pem of binance-signature-examples: its public half, and its signature, computed with OpenSSL,
# over the payload of rest-api.md, "RSA Keys"
RSA_PUBLIC = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAz631jK9sqsSYCXCMgOUw
xaWQZQfRN0TG2xHD2Yo5jw4nImY7kYg9UOqEM4tTBRk2edtx8El3vVxt0TUGiwo8
YvlZC7LwqMc4Lq5Fl6EK9FRychA8Z8kWgs08r7x0ILdCygln6mpWDc9LnnaMZ2J3
Xtwx/7RRV19P605Cciui6TsijgKhNBuzobkFpC75VDvJqsLRjana7ToM75Ezea4W
+VXlgeCRlg3AGBW/QkCPcA+/ySVNV0BiDiRGNy/z4xi3IwxIkTree/0Ut4ujlU4g
IA3IAONObTS4Et9uoX2xHISObSnjsaqxWFX7zivPuKPq61AZzIawYNLSb9X3kCng
JwIDAQAB
-----END PUBLIC KEY-----
"""
RSA = (
    (
        (
            "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2"
            "&timestamp=1668481559918&recvWindow=5000"
        ),
        (
            "uwh3oGpiVTIq0XeF00N1hJ6moowNTDxgbEbhPheZ2YlGWB80MsTQfPYNFB8zaBRn/cpTRiceZJjnNuPdSYY+OY/Bf8wq"
            "E9JhjXk+jWd49qoe4uTZ+AWcyMdlC4suxiURNM3zii5GzGIno1A0PK4JqpRuRGFNsFEQ8ioUPaRf4enhPJfCHgxRj5QE"
            "Ip2GxXcNzQnKKelRjW/k0wkxiKFHWZzQcLlOXKfHYensyS9dT1ZGphlqxXyMU0oLpqpuf0YLvj98sC0PS3TZVAZkMltM"
            "PqTvecZOTsg15j6Cj21a/Q3J+p0U3H1ihNjlTH9FrUvjioFLPP9hvWgHMM745pPGdQ=="
        ),
    ),
)
