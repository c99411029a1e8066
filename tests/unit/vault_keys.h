/*
 * vault_keys.h - throw-away keys and certificates for the tests of boot/vault, made with openssl for nothing else.
 */
#ifndef TESTS_VAULT_KEYS_H
#define TESTS_VAULT_KEYS_H

/* RSA-2048, PKCS#8 */
#define KEY_2048_PKCS8 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDOSQVn5qyL/+rw\n" \
    "3sgxhwUiljoDsRLGcWaZ/mcxhjZD6c6QsSnNEAkfNP21Ch+Xt1IYnbSsPb/EqEzW\n" \
    "HiZGYatRLyDkNW4th077UyDvPYIzdeu5r42RNdoNDuxNl7gdojw8rq9VBm0lYNTO\n" \
    "6GDslhccG/2VCKNFFzXTx7y1keHfXQWar7YByOb0EcgugVnduprfptFW/pvCCmdj\n" \
    "La7NyDtCeRrmjBHQgSUzgdIRBtumGf8LbUpNXLxPJJlYNJhVam+Hth324uerKfVC\n" \
    "Wv2yH8AA9Nmqv7KNw3d5zYw1UxS03BxgVmTGsbEkPay+HQRWQv3vaFMK/CkSLJRr\n" \
    "CUaqaIqDAgMBAAECggEAMYfm/GOu2o7AYsWbXAkHep6Hn4tM7skb0a38KTAIp5Xk\n" \
    "O2nOl6ZaClw27tlXbJ5f3/k+AH1zJk0i5eanWg7pi7y9MQ6DPftXQ5FaPxeNw710\n" \
    "tEkqvMspaClFI/xiAPuLayamgsvgOTFe5690VlpTgjRWVwqT6WsBSbCT5yT4DyFg\n" \
    "R2sAAQt10TJZokBLrTtp1R1bXOjWRhN8IC8105r0re/ZXG5+JefPmx+FSv+OGlPB\n" \
    "0YWrocUHe5Jjeo9JAiL+FzMPNcOOEXm8ZV+jReuFQU1jCVeMjMCtpSWp9TSYqiNO\n" \
    "Qc2EXRaMnZp7EP+REuqa25aVoF57egoBE3oON4nvgQKBgQDzDQMAzKZ8gBQI/k/K\n" \
    "GVGZjfjHT/aa4D8mXI3Uk8HdUHYY7S/vMHRrIsAfJznTtBUWEze2h8N//xw+cNb2\n" \
    "bwscGgdlo6IhCC/hA+lnXiI03soJrJJWbX8cC31RKbS30afZWblCf2Wao8WTIsCP\n" \
    "6yBkZRU1CBuqqQN4EMYlHKvkiwKBgQDZRo+QcK+DoD0VJA754Kq+rMvVzS1vInLZ\n" \
    "G8jASBFsxIRBapcuIwLgR/QPJZcAfxGY18+Wg5pi9OYkSp+PIrIYkO8J6gyGQw+3\n" \
    "2o4UOGs0xGsI41MjDS4xbb0tuUJAy9fZyJorm1M34dWI9NwYfnefS9SYG0ceF9wD\n" \
    "Rm3KuCmY6QKBgQDC3WvK+EmDCC0ICN1v61zBAFK1eib9hU0cNJiCFvUXu6rz0Tbd\n" \
    "TrwIKZRfZdO3KGq/iCji73aO6Lp8VXwDmIQPw86qbsdONIIupjQ76/0A5p6Vowaw\n" \
    "xJlkotGWgRmjRzSLzqP57KpJkYSWswYwXRNbaq/WFOoZqeheGxTCLHqkgQKBgHF/\n" \
    "7aD7bIQq4Z24j2Yy2Z7vby+JlfFXIn2NiQoA27Fg2uG9R6ofOfJlQ/XhogbtWgjo\n" \
    "u5UZvD1zRwGwRbek3Tn+BBC+xbohMAXP0qZ3bnFLJcqnzZci3H2PoOJQw25Lzb8D\n" \
    "jp227vrjKwP3PT5CWkTJfQ3UOgtbVWAUm2fpWjl5AoGBANDt0ZOPq/vFENT0dcGR\n" \
    "SU/CfUbImz4K9GWkGtkQ1UprHbwb8LbpNengsAOh+zxwu+tJ0EJOIBYvwUI/r92o\n" \
    "wxqRcNnBWhDgw0TLFzkDfFkhjASXYFfSr22qGoecPcs9IwdinZcjPzcMNneEJPI/\n" \
    "d99oclyRKiexwYAJtghxCyBr\n" \
    "-----END PRIVATE KEY-----\n"

/* the same key, PKCS#1 */
#define KEY_2048_PKCS1 \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "MIIEpAIBAAKCAQEAzkkFZ+asi//q8N7IMYcFIpY6A7ESxnFmmf5nMYY2Q+nOkLEp\n" \
    "zRAJHzT9tQofl7dSGJ20rD2/xKhM1h4mRmGrUS8g5DVuLYdO+1Mg7z2CM3Xrua+N\n" \
    "kTXaDQ7sTZe4HaI8PK6vVQZtJWDUzuhg7JYXHBv9lQijRRc108e8tZHh310Fmq+2\n" \
    "Acjm9BHILoFZ3bqa36bRVv6bwgpnYy2uzcg7Qnka5owR0IElM4HSEQbbphn/C21K\n" \
    "TVy8TySZWDSYVWpvh7Yd9uLnqyn1Qlr9sh/AAPTZqr+yjcN3ec2MNVMUtNwcYFZk\n" \
    "xrGxJD2svh0EVkL972hTCvwpEiyUawlGqmiKgwIDAQABAoIBADGH5vxjrtqOwGLF\n" \
    "m1wJB3qeh5+LTO7JG9Gt/CkwCKeV5DtpzpemWgpcNu7ZV2yeX9/5PgB9cyZNIuXm\n" \
    "p1oO6Yu8vTEOgz37V0ORWj8XjcO9dLRJKrzLKWgpRSP8YgD7i2smpoLL4DkxXuev\n" \
    "dFZaU4I0VlcKk+lrAUmwk+ck+A8hYEdrAAELddEyWaJAS607adUdW1zo1kYTfCAv\n" \
    "NdOa9K3v2VxufiXnz5sfhUr/jhpTwdGFq6HFB3uSY3qPSQIi/hczDzXDjhF5vGVf\n" \
    "o0XrhUFNYwlXjIzAraUlqfU0mKojTkHNhF0WjJ2aexD/kRLqmtuWlaBee3oKARN6\n" \
    "DjeJ74ECgYEA8w0DAMymfIAUCP5PyhlRmY34x0/2muA/JlyN1JPB3VB2GO0v7zB0\n" \
    "ayLAHyc507QVFhM3tofDf/8cPnDW9m8LHBoHZaOiIQgv4QPpZ14iNN7KCaySVm1/\n" \
    "HAt9USm0t9Gn2Vm5Qn9lmqPFkyLAj+sgZGUVNQgbqqkDeBDGJRyr5IsCgYEA2UaP\n" \
    "kHCvg6A9FSQO+eCqvqzL1c0tbyJy2RvIwEgRbMSEQWqXLiMC4Ef0DyWXAH8RmNfP\n" \
    "loOaYvTmJEqfjyKyGJDvCeoMhkMPt9qOFDhrNMRrCONTIw0uMW29LblCQMvX2cia\n" \
    "K5tTN+HViPTcGH53n0vUmBtHHhfcA0ZtyrgpmOkCgYEAwt1ryvhJgwgtCAjdb+tc\n" \
    "wQBStXom/YVNHDSYghb1F7uq89E23U68CCmUX2XTtyhqv4go4u92jui6fFV8A5iE\n" \
    "D8POqm7HTjSCLqY0O+v9AOaelaMGsMSZZKLRloEZo0c0i86j+eyqSZGElrMGMF0T\n" \
    "W2qv1hTqGanoXhsUwix6pIECgYBxf+2g+2yEKuGduI9mMtme728viZXxVyJ9jYkK\n" \
    "ANuxYNrhvUeqHznyZUP14aIG7VoI6LuVGbw9c0cBsEW3pN05/gQQvsW6ITAFz9Km\n" \
    "d25xSyXKp82XItx9j6DiUMNuS82/A46dtu764ysD9z0+QlpEyX0N1DoLW1VgFJtn\n" \
    "6Vo5eQKBgQDQ7dGTj6v7xRDU9HXBkUlPwn1GyJs+CvRlpBrZENVKax28G/C26TXp\n" \
    "4LADofs8cLvrSdBCTiAWL8FCP6/dqMMakXDZwVoQ4MNEyxc5A3xZIYwEl2BX0q9t\n" \
    "qhqHnD3LPSMHYp2XIz83DDZ3hCTyP3ffaHJckSonscGACbYIcQsgaw==\n" \
    "-----END RSA PRIVATE KEY-----\n"

/* its certificate */
#define CERT_2048 \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIDGTCCAgGgAwIBAgIUThX1MuIvMJOywkcQGY2pCB6XMAMwDQYJKoZIhvcNAQEL\n" \
    "BQAwGzEZMBcGA1UEAwwQaGVhcnRoIHRlc3QgMjA0ODAgFw0yNjExMjIxMzQwMjRa\n" \
    "GA8yMTI2MTAyOTEzNDAyNFowGzEZMBcGA1UEAwwQaGVhcnRoIHRlc3QgMjA0ODCC\n" \
    "ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAM5JBWfmrIv/6vDeyDGHBSKW\n" \
    "OgOxEsZxZpn+ZzGGNkPpzpCxKc0QCR80/bUKH5e3UhidtKw9v8SoTNYeJkZhq1Ev\n" \
    "IOQ1bi2HTvtTIO89gjN167mvjZE12g0O7E2XuB2iPDyur1UGbSVg1M7oYOyWFxwb\n" \
    "/ZUIo0UXNdPHvLWR4d9dBZqvtgHI5vQRyC6BWd26mt+m0Vb+m8IKZ2Mtrs3IO0J5\n" \
    "GuaMEdCBJTOB0hEG26YZ/wttSk1cvE8kmVg0mFVqb4e2Hfbi56sp9UJa/bIfwAD0\n" \
    "2aq/so3Dd3nNjDVTFLTcHGBWZMaxsSQ9rL4dBFZC/e9oUwr8KRIslGsJRqpoioMC\n" \
    "AwEAAaNTMFEwHQYDVR0OBBYEFL7Bx9cVybkeBGwmAjOsZ0nqSUAiMB8GA1UdIwQY\n" \
    "MBaAFL7Bx9cVybkeBGwmAjOsZ0nqSUAiMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZI\n" \
    "hvcNAQELBQADggEBALQNIfJ17CCDKlNkc2ahOoyNZ/CSHJmd38X/yCFOLEbVD/sk\n" \
    "umZ/Oq11ADnw0ehMOucou0puVew0R3RAB1EtX3ixOVMEqB+KVcjxduEw7+CqvYU1\n" \
    "czAz2iJE9ZS/Fw24T9cVjwnKT+uiBOZvPLJW/InIRybHwQvLrJUuFdDKRdl6Btnh\n" \
    "9LOmXsRBQDMDhjkrE5Ex/hJg+jgsiGRkNTsCKiNOf4ABt1pYq1/dJAf3J+45oAcu\n" \
    "kX4PavBnPd7U+6xce7+2FwHKuA54QOObwbxb8651h0PE6Zl5X4GAzZFmTdQil5dO\n" \
    "JKLl/juuG8JFztjXbr3cX2Htn6DFPBHqfeMDbTE=\n" \
    "-----END CERTIFICATE-----\n"

/* RSA with an odd number of bits: the encoded message is a byte shorter than the modulus */
#define KEY_2049 \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "MIIEowIBAAKCAQEA26zjdEchnlA68i4iY4eUZiHyu/Kh/+9GpjBcEin/mFoUtZ76\n" \
    "9XKeSEAnD/b320Rlya/ojoUltjUsWAtGkkVBzgnrcfMNMclpChNTJnd0lWUjkDv5\n" \
    "L4cN5EqzV/942dxiC4pGbv+OjSC7crDOO1x4FsIDwwnGJnjju6ln7KiX22KFU5Jj\n" \
    "5YrjVnS1QnoClA3NC6mlzzqNvI/qqkl2Gztqt0oKaz4WM5p/1FUdG7F38qaTb+WS\n" \
    "r+1AFijUtgfh6sSe1w5pTpdxr3/QW3WVoyoO6FblPZxiffSLLLDGl/S9aLi3WBVM\n" \
    "bs5D9Qgdmhf2cwgPBsgZazTBnJvLeJm0BMYmrwIDAQABAoIBAAYb4DVnFv2+kG0U\n" \
    "sFshNZTDg+sLG8swvb+4X48XwOZdNu84DRWPSuyKcCum/AyKceQycp6oADz5bJLE\n" \
    "OYGu0F4o83W3Qxor1jJ0CB9tOf4/kkYcDNlwAYhkNWmQjq1MTiOxBDVpAO9Wxi+x\n" \
    "0AJhl2tWmOEvH+YI/ZhF5UB1DcgJf6HyioWOowrDYQrAAOcHZuaix3H51GzCS/y3\n" \
    "y5pINcnwLq7Aq1rr6xZKp/jpWxC/rWdwsh4TYOqCjNZp0G5MKsnx9B+odp8rxQDV\n" \
    "PdERH93I6oPPMw+aMtwoRv/AE1PJO9vDI/zGRZLJZv/AKgi5Ge7LpXGZxun6uqei\n" \
    "QTrnrYUCgYEA+/i4ZPAYR5LqaIACWpGuVrd0D1sflANy42bn72kslsMef2T11yuL\n" \
    "w5CRqH/2oSoaf2Wy5s4SFHhRMmNpkbFizMjMWuB8jl2/QswwZk/6kAH8UZ2L5jru\n" \
    "ucg7ruA3Ayv0Rc2u0fMUiTg+mhbjIbBgmGjiuwOr4awOTxd3+HfSKbUCgYEA3y/8\n" \
    "IjO45d+2/tpXHe0epZcvvzkkHqc+Ns8a94ymYZfjQZHbOqoMELnKlQvqmc5ppH41\n" \
    "ivmYczMpsBfzzx6uAuwXNFcgZac9wRiup3NcUFkTP3RHbQyON1Itbs2Su99HRIWN\n" \
    "6hiFE28K3FYGBAsLqgq/Dt2iyeuvvaUzT154vVMCgYAHMoOR3onTAY9QjNeEXsTs\n" \
    "FTFrft7YC4EsnbPiUs7DP6+PVALxsny7iVWfyofw8pLvMKh7j0dU7lrjZZOOZdK8\n" \
    "pr+vmNn19xePgOWhBofRtTzP2AA3A1fuVpnd1Om9XXQMymND+/2KLeEb5at3OuKH\n" \
    "d/eCAAjY2WFPQQxcPI/0QQKBgC2ZkjwysR5WXP8pAQ+eONrATwMU26pfpThxjCLz\n" \
    "27Ko48er00zjHV/1dcyKCL6wC6mOF8ZzRJCU7XmLC0dQD2GNdxg8jOP4DYf8UQLp\n" \
    "cP0Blgsq6MUBAbWP1rSCz+4OqnL3jo07wUS9NUzbTpNY5mMxmuOgqPf0bY2jyR34\n" \
    "QVb9AoGBAM8ldQbXOFAypnxelI5AE8Ue24UAXj4guXznnzERsKqjrGKIIZ1iXL5U\n" \
    "m6mZfwH4m0//2vNVSR95lHTnRLX8TdUSzllPhsBEMCCePP3q+Fx/8DwqybPTM2NH\n" \
    "HmoZ7sE6RpEKOfUCNfPu66Q3GLtaeC7raievwzZaTX3BIccweiPj\n" \
    "-----END RSA PRIVATE KEY-----\n"

/* its certificate */
#define CERT_2049 \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIDGTCCAgGgAwIBAgIUJZdR/Wh8mA7dcntgsecg1yxFOPUwDQYJKoZIhvcNAQEL\n" \
    "BQAwGzEZMBcGA1UEAwwQaGVhcnRoIHRlc3QgMjA0OTAgFw0yNjExMjIxMzQwMjVa\n" \
    "GA8yMTI2MTAyOTEzNDAyNVowGzEZMBcGA1UEAwwQaGVhcnRoIHRlc3QgMjA0OTCC\n" \
    "ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBANus43RHIZ5QOvIuImOHlGYh\n" \
    "8rvyof/vRqYwXBIp/5haFLWe+vVynkhAJw/299tEZcmv6I6FJbY1LFgLRpJFQc4J\n" \
    "63HzDTHJaQoTUyZ3dJVlI5A7+S+HDeRKs1f/eNncYguKRm7/jo0gu3KwzjtceBbC\n" \
    "A8MJxiZ447upZ+yol9tihVOSY+WK41Z0tUJ6ApQNzQuppc86jbyP6qpJdhs7ardK\n" \
    "Cms+FjOaf9RVHRuxd/Kmk2/lkq/tQBYo1LYH4erEntcOaU6Xca9/0Ft1laMqDuhW\n" \
    "5T2cYn30iyywxpf0vWi4t1gVTG7OQ/UIHZoX9nMIDwbIGWs0wZyby3iZtATGJq8C\n" \
    "AwEAAaNTMFEwHQYDVR0OBBYEFEDmKGQJvsZsvP68WsQEWDTQsQMgMB8GA1UdIwQY\n" \
    "MBaAFEDmKGQJvsZsvP68WsQEWDTQsQMgMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZI\n" \
    "hvcNAQELBQADggEBAEeJRGmeYvv+JcS2Uw7MVSYJnY4sNbRw7dPTIueLQb0US1pn\n" \
    "ft281zCkLeLT1qCcD2N9sHuB4uwIS2/PVoOGUJmSuudoWsQgkGPjmdbWisX5lv3k\n" \
    "HO+0RrIY3ERVaEJC9uqpDqL1PMRVItdTRTw+Y24YXGwiuJRtQk6uCYHKYMlJBoCV\n" \
    "jj3L9ySPXFqz3W3rl67JxB0YOnUefQFB9nLOJao9w3xW6eRCM8O0kVNO3rLFcbNO\n" \
    "OAEBmml7KHuednLiaeC1eK1ww92T6LM78MIPyT82sEGcxxJeU6ILNOfJtoYeDPNu\n" \
    "JNTNGRgg/pq2JkNZDxD5xMnqNUozBZIVolV3a8Y=\n" \
    "-----END CERTIFICATE-----\n"

/* too small */
#define KEY_1024 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALdTPKTa8IYI3CKP\n" \
    "IDWKXpHjv1NEQgaoOBsrToEMYxbcCgLr+WXGSiqNV6TmudeIrPc3tj5VwV6p9nvy\n" \
    "b/Dmut8Hs+lnIY5XrRbMfQlK9s6Eb45OpWjSGMysU3Jrn9WapAEt93JdVEUH7peq\n" \
    "grYeAuuAvoumnRJTtnmJAa5TVWozAgMBAAECgYEAtwJROAGYuzV9DML01H4dimZh\n" \
    "SS6K+zpTSEwjQpCrGtbu55vKjN82iuQu6l+qho/am7DyLahOMcJaXcHYHhU31l2a\n" \
    "UqA5Jn1XAOeb3iWV+8IyJGp5dUTuDuywWdiX+v6KOayMK8950uGZRj7OwAQj7sqM\n" \
    "WeBrXLzj0tb5z8GOKIECQQDeg6R3qztxzMgCDL2z7/DD5jeDjdP/DnX9fAg8FgZE\n" \
    "1JE4l+kBCmpwSGLax1XfmI/mcDEZDFhNDH4CpBDWpmE9AkEA0unV5FWt5zNk5X9c\n" \
    "bPBSi3Q28IoXLa6quNyF4rZfPj/o84jjF+ZMriPj9EZeOqTCOLiEky3xpr91MMuG\n" \
    "12jQLwJAZzcpU1laea9EF69RT+Y9CKIBnkRr0iQjFzIxn62XutXfhyDwNEtglDT/\n" \
    "pfxRGSbrmTjxjWzsiNECorb4GJmVAQJAFdyJAB7lZKaOGb+my9/pHm1QWIRnvKNz\n" \
    "LLAm7IXsv14Ofle8+jgz0IUF1scIc1mqjAiMLVlAyADmW8Vs150UnwJAO1/EQWkM\n" \
    "CtWm2RmKjTLEy/NMGxAbXnxmxMVmjXbygXjKZ/3rg3iAwmn0ThYLmhxc1OJxt1GM\n" \
    "/Usbh+le3OHFkg==\n" \
    "-----END PRIVATE KEY-----\n"

/* its certificate */
#define CERT_1024 \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIICFDCCAX2gAwIBAgIUF0EBt4Yjuxywd3zMmM4901Pmov8wDQYJKoZIhvcNAQEL\n" \
    "BQAwGzEZMBcGA1UEAwwQaGVhcnRoIHRlc3QgMTAyNDAgFw0yNjExMjIxMzQwMjRa\n" \
    "GA8yMTI2MTAyOTEzNDAyNFowGzEZMBcGA1UEAwwQaGVhcnRoIHRlc3QgMTAyNDCB\n" \
    "nzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAt1M8pNrwhgjcIo8gNYpekeO/U0RC\n" \
    "Bqg4GytOgQxjFtwKAuv5ZcZKKo1XpOa514is9ze2PlXBXqn2e/Jv8Oa63wez6Wch\n" \
    "jletFsx9CUr2zoRvjk6laNIYzKxTcmuf1ZqkAS33cl1URQful6qCth4C64C+i6ad\n" \
    "ElO2eYkBrlNVajMCAwEAAaNTMFEwHQYDVR0OBBYEFCkfR0Q4I9JCWTm0yNm1Duy7\n" \
    "nC2gMB8GA1UdIwQYMBaAFCkfR0Q4I9JCWTm0yNm1Duy7nC2gMA8GA1UdEwEB/wQF\n" \
    "MAMBAf8wDQYJKoZIhvcNAQELBQADgYEAOH99nV0Lj20P8nlfFNP/Lm/BC3umbjjG\n" \
    "d7wMZNK3FbOM34O9M/Wbicxj3K96NKaNBUNhOHv486LKpdw7Q6plicjD8lnHb02e\n" \
    "+HcjhLAzJhPppFarzWcsEZf4aCnrHT41bEsWgrCmdb1IAgvJS8V/gENFNTq2qR5D\n" \
    "DyfsS6LTQwM=\n" \
    "-----END CERTIFICATE-----\n"

/* of a key that is not here */
#define CERT_OTHER \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIDAzCCAeugAwIBAgIUUwqvFxjyAahECi9Uzo7VVoB/6dMwDQYJKoZIhvcNAQEL\n" \
    "BQAwEDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIyMTM0MDI1WhgPMjEyNjEwMjkx\n" \
    "MzQwMjVaMBAxDjAMBgNVBAMMBW90aGVyMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n" \
    "MIIBCgKCAQEAr8n/ThNmIxQs+ZISm6MdUPjc+dcf8U+FT7ZKgk61ywGzy8/RtemD\n" \
    "b3+Y0vgwLpBl//SLgZbDzwh4nTGnVUy4oLEU1wH7hdAbRm7ez5u2aP0ZCQMGYefV\n" \
    "bKjE0phgl2/wTmi97X52PVQRjTj2sG9Sh0tjebNoska11ms+zozlraRKvK8q4gdD\n" \
    "ZzY+fC0qlL4MeE/MBwMzjTqvk75MOsxjGM23Smp0SGODdSlIPLK25HJG9N+9nRl6\n" \
    "xYgGbUb1y5yrjE9v/y1WcVLzxvbQiONyV/2ph4qSg8CzZHdBw7h/5kDRkqtJP7/n\n" \
    "AoAzTv/PSa2gRgX05DVwRYSwyDPNOEccuwIDAQABo1MwUTAdBgNVHQ4EFgQUHjB3\n" \
    "lNvSIKaZGiNIHdEVIGEsyrowHwYDVR0jBBgwFoAUHjB3lNvSIKaZGiNIHdEVIGEs\n" \
    "yrowDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAm31IjIMfqv9+\n" \
    "CWMaPoYBVeS0N0MnO5FhUw+fux6IZDCn2oDxTIzUo8jX/oFciB4jnrOxQRo1O6fT\n" \
    "sYridxFLZE1ieMcDVOeVwaSXYRgz0jYSpXFsTAOIMtk8GAWduNBYEe+3OgY2X44+\n" \
    "IocY++uyOY5hHDRqjuQjktQ9S9NDRhl1mytLUU526Cwt7UfoTuiZgPVKDlABhQ7/\n" \
    "Exbji9J1cZ8P34ragA5Tt4Y/Ew/k0MlfNUytpnqVkSEiqMcO47kQ45EtaVBxiO9P\n" \
    "gGxKq4X5itiKcvpAB953fvHWbKpDV/RCHgUfgRGqCEhfC4/y5QRmc4J3m6qa+DyW\n" \
    "ZsLeetlVrA==\n" \
    "-----END CERTIFICATE-----\n"

/* P-256, SEC1 */
#define KEY_EC_SEC1 \
    "-----BEGIN EC PRIVATE KEY-----\n" \
    "MHcCAQEEIMiwJrJm1LqvEownKT84jh0fNnF5i23GoPRguBVZ7gznoAoGCCqGSM49\n" \
    "AwEHoUQDQgAEVJtVkoE0xUFtvdn43onCQ/n+q/1aUnx4mHKTSdWmRi51KN59nxZz\n" \
    "zKca8TQkktbCsA6jIVOstR+Vsjs1UloglA==\n" \
    "-----END EC PRIVATE KEY-----\n"

/* P-256, PKCS#8 */
#define KEY_EC_PKCS8 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyLAmsmbUuq8SjCcp\n" \
    "PziOHR82cXmLbcag9GC4FVnuDOehRANCAARUm1WSgTTFQW292fjeicJD+f6r/VpS\n" \
    "fHiYcpNJ1aZGLnUo3n2fFnPMpxrxNCSS1sKwDqMhU6y1H5WyOzVSWiCU\n" \
    "-----END PRIVATE KEY-----\n"

/* encrypted PKCS#8 */
#define KEY_ENCRYPTED \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
    "MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIravSVyn4O8QCAggA\n" \
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBCHwJ7Pewnk1aFf2mRJLnIpBIIE\n" \
    "0LdEZuxRPxpJpXKJVsMlKwcJ6JcMjjABIFHEN566Og0EPaXJC6CWITXn15fYrKFq\n" \
    "5s2XI00wlk+yGF2cctSSBz+8axVmhrmYtCuXjgyuoc+yDDPPHIm5pkQb6tp45e/u\n" \
    "gX64GkCMd2XEkeL/Wpm0eFmt/YBJs2nbNzLOdAbivIBq8JYiuisePCXAwh/bEegY\n" \
    "hRN9I0hf9ZaLKvP3O5AJXYRgf7LfBo0uzc2sXIcQtpvbI5A0PCY2QoD5xrU+0VeL\n" \
    "1s9jGAMagxea/NiAf/WTyXVxFYnuZp6pg8PlLUbDzTFateXvAK8PEZ3dd1UpbHfe\n" \
    "Aj3rdMYrX9vNJjzv3inoApdhzsd20Sm4eXvcc1pVxzj3QyFxrHKT3JU+FTs6+6m8\n" \
    "kj+4SRqBZ5oQeF41/ZLAnYt65uQ1gy0+OsrP7b5RG3ZIUlarl6B6TuDP4rOmuv2j\n" \
    "POHzCCGdFCHp0a6e80T2yVocKVRcx74tYWze++PHtBwom3oQ3RzRNB8fjhryQZHN\n" \
    "96LNq8HtWj+sDnqxfqw/7WU21PyGpua6XJhMp99HygLrVbVJAr2WwDehfyopJxZ/\n" \
    "4p2MnM5gR81oLzeOrz0jG7Dm+4dV3undV7NrM3KAmAQ6wg+RZhX8blzIC+48gQ9h\n" \
    "RId6NIUKDslWuXFPP8BEoJCxqGPm3UjAn2qzv2LGB7bsgBzyW2KnjSZX+ISuj6FC\n" \
    "iRROn7QVaEnEfTAwDzNhBqyWCykjH0lpL9j2b81sjQZ+w/b76oSrDMVBFjIz9S0/\n" \
    "43pDgP4h/mDtMoNYVKgdxoAnF/wVBB1tr33k01iryTMjBxQcjtrzNSG0juObYsQ4\n" \
    "7lojVZcZjYHP+9TZsPJX7F1e/Qci6b3/st5G70jo2bakK7W9jA3capaNB/BpXvlJ\n" \
    "yw00L6fPl4y3ngti52SeqvxTSP7O6J/8Y1MouehF6mg0QDDLWNzSra97ADnjAqGw\n" \
    "IKxJnl43WPCtsxpF7vIutXR0FidtaiIWbY4YhcJgWvBE+VmC2H/PxTyHZMZUiUEe\n" \
    "SJR7I5hzj+SjHH9iWmPOCNCbeh5hl4ps2+xBdsWDEp6XAm1faWF6UbwxFWi6hnGQ\n" \
    "cjIxmp25oDDyiN9zRZycTtSImB8ZmiqKBEthWSNzlAGTqMXxmRZLajRtAsuXQHdm\n" \
    "+PCYnjkQvRmHfLGUGYbDMRfTOozp4m1FIrtHFcoTBrG14M0r+tpQqgmAtMA4FbDF\n" \
    "kAc6IyBhoPGGbhHU9PNNv+Di6dDdHJXMazG9/dmM/cVlUGau0iMRQugWJhrO7K+d\n" \
    "Kw7zdYb3IR/TzhQSZ9JijIjbjVDPgACR/0Khb7fNlsImJGoPQm6WAB7I0U0ChMPl\n" \
    "QrG7BWt+K/punYs8Aemsmv5Sd5gy3kz2dW45zt1YtY17DsqayTXzR9HjBEIxB7kf\n" \
    "ZhMf2LQXuzBHRys35vPpxFljTueTyK9BRmcc0fA3sPqBO3k3oq++zuS+YNj4Ivl2\n" \
    "a3Km95Q2Nh3aqOTKX/NkFPjzBcPxOX+gvq09nLmK6bYY4xq1IbIXnzoIGUir/Tlx\n" \
    "pdDFWytMFTE8UuL+5sv4CBpKvmV7xM6uAmFchxK96643M2eV0FCB0DFDgYBvoUA3\n" \
    "W+y/tuP8OtIYNyLW0rVbMtPaW4yU2AKCDRqxOMRLhNT0\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* encrypted the old way */
#define KEY_OLD_ENCRYPTED \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "Proc-Type: 4,ENCRYPTED\n" \
    "DEK-Info: AES-128-CBC,E9983DF658C6BD1677EEDABC56C867A8\n" \
    "\n" \
    "0olNrP7OpKUMU8ryieAUL5wmkI531IPbmgjTswDW7hrxtY/BDrrjw0wmJLBE+vpT\n" \
    "+AgrzsvsmygGLULn/rDWY78Mav3CjOigwOstARCswpfUq74qRkJfRubrrqroqiyc\n" \
    "9QjQ/paziPgq0B+E0qD3Eat1Og0d7LXA5A2jDst1HxmmTPqD/aaWhd/zkNGSj57n\n" \
    "+DzwC0agZ9qG3g72YGzlLpCTQJjupXXND1mxuoo4WPActYRJTI1sbQyWnzlWw8+Z\n" \
    "dt+1foYYm2QGd5Mrt5YmPmLtgwu7BETr9Cb+nF08OlJZUrSuOQXzppX3KNfXA2oB\n" \
    "wO+WAkri/C3iLHe2XI6CmwbX9MXuO5A0yZuW/v1FXp6+fwxlfCwjvYcjZqC1SO5W\n" \
    "W2kqWZN8PMCb5odZ+DMj+j1HXdtxvm526yqgDrIIUMWljTilsrzcAvmt6nUHuEMF\n" \
    "ilbQ2xABSR5ag4IvZbvRi1IduD2ge61BJc2WqE1ECJgWwP1k/hkyjf/b0B/1ODeu\n" \
    "Ha/LyqbfkwsW7TiYlt5scUW4HBVGM02WVkTtw48HBQo41HbaJSyxhVMlt6dU8Lc5\n" \
    "8uUi0+pUer3OtxuejUr3EMfLB/vVzOnNyNEQyDGSkk7PP5mcIwCAxpVkCtJIK03V\n" \
    "O8/PigX51ZGVP+ars6zIOqo572JYfYUdN3C0TxRpZj+31LZw/ILUn0jux5ziPH/L\n" \
    "3vCF0pGhQ79OFrkkZ9q31vWTcNfxA+bvvow0zYViDD92D4rcF4LmNauiBTPpqb09\n" \
    "UpLENsRibw6GtCTxPnBxOal95qsysP7LyqF1Gkevo0NtThSYmUftOltf/4k1d8mk\n" \
    "aQ6Ab6dqc6DxXedL8sQCUunpFI8y5k+thaR5Bbi/kVi9raeK1moELQp4WM0dhAgK\n" \
    "AgS5POdTumSEE0rAJsqXIfPyDESx3e4l7t349zEaxG9URNsIhk2/EGAlogqcromw\n" \
    "duNmId8X2YBT8qJE1IafYscuJCMFUDHSaM/b7M0FQngYszJ1WRnjqqQsRjuInMO9\n" \
    "eBNdP40Frhcv0Be/fpWT4Sl933rNcSV5IzG2eRDMN/TYxawXh6dNFPQnzlmGNx9U\n" \
    "UhG6LVKyNbBWPtapBSpddNauAQGioyNgH7CPS5/tPIftqxBfZHW1+vFvjeUz+IWz\n" \
    "+TMcwAqP3YmaLlrr1LUnLAWrxluj9XEZnDOOc5BFKqwruXvrapz9iib/7SvGbl6p\n" \
    "QD2pjfe9kcBufk94koCbEMeB9t8g2CeB96jaO2wHhGb2+a9s1EhKmsq076G58eeW\n" \
    "K5A+AobKxrwXv/EYeHwSgPHSHj7VLFLc15ZIFc7t85bjq4GsAV8Yy5w08uQmGsNT\n" \
    "+qh+micpL3kdlQlLhxik6yJu9uHtIMnIKKRHjt+yPqmdj529Z3f36Ezwd4/QCDz2\n" \
    "e2F+RT6fPcFrLN1rCNHBdhKaMGNwPYeacrZlzTnogBgUIeY5ANXB/0LlcdvXv/D/\n" \
    "P0hcS0aF+Dggble3OZMo7SIq1LHTc0ZbDu4kLHTxKrRxOe2XtjDja0uSN5R3oL75\n" \
    "e6dIN90JXVDDQsZ8YcRPGLcafOmVzZ0hajwywtz7el5KQEQHZQaOb0egqoEfoeTR\n" \
    "-----END RSA PRIVATE KEY-----\n"

/* of the same key, but no CA */
#define CERT_LEAF \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIC6zCCAdOgAwIBAgIUKSsEzEjs4P6tFEVDt879ajkH4pMwDQYJKoZIhvcNAQEL\n" \
    "BQAwFjEUMBIGA1UEAwwLaGVhcnRoIGxlYWYwIBcNMjYxMTIyMTQxMDE3WhgPMjEy\n" \
    "NjEwMjkxNDEwMTdaMBYxFDASBgNVBAMMC2hlYXJ0aCBsZWFmMIIBIjANBgkqhkiG\n" \
    "9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzkkFZ+asi//q8N7IMYcFIpY6A7ESxnFmmf5n\n" \
    "MYY2Q+nOkLEpzRAJHzT9tQofl7dSGJ20rD2/xKhM1h4mRmGrUS8g5DVuLYdO+1Mg\n" \
    "7z2CM3Xrua+NkTXaDQ7sTZe4HaI8PK6vVQZtJWDUzuhg7JYXHBv9lQijRRc108e8\n" \
    "tZHh310Fmq+2Acjm9BHILoFZ3bqa36bRVv6bwgpnYy2uzcg7Qnka5owR0IElM4HS\n" \
    "EQbbphn/C21KTVy8TySZWDSYVWpvh7Yd9uLnqyn1Qlr9sh/AAPTZqr+yjcN3ec2M\n" \
    "NVMUtNwcYFZkxrGxJD2svh0EVkL972hTCvwpEiyUawlGqmiKgwIDAQABoy8wLTAM\n" \
    "BgNVHRMBAf8EAjAAMB0GA1UdDgQWBBS+wcfXFcm5HgRsJgIzrGdJ6klAIjANBgkq\n" \
    "hkiG9w0BAQsFAAOCAQEAPJxDOJHU4NQ1Fl/RPuDwOmmfwyaoZc7slO2ExbWW/lYW\n" \
    "pLpE4qwvBic+Q2afrFPq6mvjH8cPCDJ12z3ulUWCB822Bfdak8klVRAXK64D1Wi7\n" \
    "qtpwF2hTtNA9zXWldgwcaAwtBA91e/QIWqeuL6wcfL+Q+bjyxWqEuOgJORgAAj68\n" \
    "PjwJeuk4Eh7All6cb/mhf30KQLe+zF69dXkARLTRKM2Vm7BTfo4fmO3QQ9yNZT/E\n" \
    "UkBDkhi3riEz7g0EeXoQT9BgDxDlv/x0lSB6BsdAK8HGdtIWm/nbekusKwhoEjzL\n" \
    "UfntUG1ul/2yPiWweuxLB3abco/nG8FVfltqyY00Kg==\n" \
    "-----END CERTIFICATE-----\n"

#endif
