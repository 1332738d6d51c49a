using System.Net;
using DurableSessions.Core.Webhooks;

namespace DurableSessions.Core.Tests.Webhooks;

/// <summary>Where webhooks may go, and what their secrets are.</summary>
public sealed class WebhookAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_refused(string address) =>
        Assert.False(PublicAddresses.Contain(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2606:4700:4700::1111")]
    public void A_public_one_is_taken(string address) => Assert.True(PublicAddresses.Contain(IPAddress.Parse(address)));

    // The example of the specification's reference libraries.
    [Theory]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void The_signature_is_the_specification_s(string secret) => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSecret.Find(secret)!.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8));

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(66, false)]
    [InlineData(1_000, false)]
    public void A_secret_has_24_to_64_bytes(int bytes, bool isSecret)
    {
        string text = Convert.ToBase64String(new byte[bytes]);
        Assert.Equal(isSecret, WebhookSecret.Find(text) is not null);
        Assert.Equal(isSecret, WebhookSecret.Find("whsec_" + text) is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("not base64, whatever its length may be")]
    public void Another_text_is_no_secret(string text) => Assert.Null(WebhookSecret.Find(text));

    [Theory]
    [InlineData("https://hooks.example/a?token=s3cret", false, null)]
    [InlineData("https://hooks.example:8443/", false, null)]
    [InlineData("http://hooks.example/", true, null)]
    [InlineData("http://hooks.example/", false, "must be an absolute URL of https.")]
    [InlineData("ftp://hooks.example/", true, "must be an absolute URL of https or http.")]
    [InlineData("file:///etc/passwd", true, "must be an absolute URL of https or http.")]
    [InlineData("/path", true, "must be an absolute URL of https or http.")]
    [InlineData("", false, "must be an absolute URL of https.")]
    [InlineData("https://ann@hooks.example/", false, "must have no user and no password.")]
    [InlineData("https://ann:pw@hooks.example/", false, "must have no user and no password.")]
    [InlineData("https://hooks.example/#a", false, "must have no fragment.")]
    public void A_url_is_checked(string text, bool allowsHttp, string? error)
    {
        var url = WebhookUrl.Find(text, allowsHttp, out string? found);
        Assert.Equal(error, found);
        Assert.Equal(error is null, url is not null);
        Assert.DoesNotContain("s3cret", $"{url}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_url_has_a_longest()
    {
        string longest = "https://hooks.example/".PadRight(WebhookUrl.MaxLength, 'a');
        Assert.NotNull(WebhookUrl.Find(longest, false, out _));
        Assert.Null(WebhookUrl.Find(longest + "a", false, out string? error));
        Assert.Equal("must be at most 2048 characters.", error);
    }
}
