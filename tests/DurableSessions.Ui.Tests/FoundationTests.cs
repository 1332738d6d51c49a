using System.Xml.Linq;
using Azure.Storage.Blobs;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Testing;
using DurableSessions.Ui.Signing;
using DurableSessions.Ui.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Ui.Tests;

/// <summary>What holds for all pages: the door, the cookie, headers, errors, forms.</summary>
public sealed class FoundationTests(SimulatedFixture storage)
{
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    [Fact]
    public async Task A_host_with_keys_asks_for_one_and_keeps_it_for_its_pages_alone()
    {
        (UiHost host, string key, _, _) = await StartAsync();
        await using UiHost stops = host;
        using Visitor visitor = host.Visit();

        Assert.Equal("/ui", (await visitor.GetAsync("/")).Header("Location"));
        Seen asked = await visitor.GetAsync("/ui/nowhere/else?a=1");
        Assert.Equal(404, asked.Status);
        Seen form = await visitor.GetAsync("/ui");
        Assert.Equal(401, form.Status);
        Assert.Contains("<h1>Sign in</h1>", form.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("role=\"alert\"", form.Text, StringComparison.Ordinal);
        AssertHeaders(form);

        Seen refused = await visitor.SignInAsync("dsk_0123456789ab_" + new string('A', 43));
        Assert.Equal(401, refused.Status);
        Assert.Contains("The key is not known, or was revoked.", refused.Text, StringComparison.Ordinal);
        Assert.Null(refused.Header("Set-Cookie")?.Split('\n').FirstOrDefault(static c => c.Contains("_key=", StringComparison.Ordinal)));

        Seen entered = await visitor.SignInAsync(key, "/ui/sessions?q=a");
        Assert.Equal((303, "/ui/sessions?q=a"), (entered.Status, entered.Header("Location")));
        Assert.Equal($"durable_sessions_key={key}; path=/ui; samesite=strict; httponly", entered.Header("Set-Cookie"));
        Assert.Equal(303, (await visitor.GetAsync("/ui")).Status);

        // Sent by hand outside of the pages' path, where no browser sends it.
        using Visitor other = host.Visit();
        Seen api = await other.GetAsync("/api/v1/sessions", ("Cookie", $"durable_sessions_key={key}"));
        Assert.Equal(401, api.Status);
        Assert.StartsWith("{", api.Text, StringComparison.Ordinal);

        Seen page = await visitor.GetAsync("/ui/sign-in");
        Assert.Equal(200, page.Status);
        Seen left = await visitor.PostAsync("/ui/sign-out");
        Assert.Equal("/ui/sign-in?said=signed-out", left.Header("Location"));
        Assert.Equal(401, (await visitor.GetAsync("/ui")).Status);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/ui")]
    [InlineData("/ui/\u00e9")]
    [InlineData("/ui/..//evil.example")]
    [InlineData("/uix")]
    [InlineData("/ui/\\evil")]
    [InlineData("/api/v1/sessions")]
    public void No_address_of_another_host_is_led_to(string address) => Assert.False(UiPaths.IsLocal(address));

    [Fact]
    public async Task Foreign_pages_and_forms_without_a_token_are_refused()
    {
        (UiHost host, string key, string readOnly, string operators) = await StartAsync();
        await using UiHost stops = host;
        using Visitor visitor = host.Visit();
        await visitor.SignInAsync(key);

        foreach ((string, string) foreign in new[] { ("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example") })
        {
            Seen refused = await visitor.PostAsync("/ui/sign-out", headers: foreign);
            Assert.Equal(403, refused.Status);
            AssertHeaders(refused);
        }

        Assert.Equal(403, (await visitor.GetAsync("/ui/sign-in", ("Sec-Fetch-Site", "same-site"))).Status);
        Seen own = await visitor.GetAsync(
            "/ui/sign-in", ("Sec-Fetch-Site", "same-origin"), ("Origin", host.Address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(200, own.Status);
        Seen without = await visitor.PostAsync("/ui/sign-out", withToken: false);
        Assert.Equal(400, without.Status);
        Assert.StartsWith("text/html", without.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal(400, (await visitor.PostAsync("/ui/sign-in", new() { ["key"] = operators }, withToken: false)).Status);

        using Visitor second = host.Visit();
        await second.SignInAsync(operators);
        Seen operatorsHome = await second.GetAsync("/ui");
        Assert.Equal((303, "/ui/commits"), (operatorsHome.Status, operatorsHome.Header("Location")));
        Assert.NotEqual(key, readOnly);
    }

    [Fact]
    public async Task Who_tries_too_many_keys_is_slowed_down_by_a_page()
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        await new KeyStore(container, TimeProvider.System).AddAsync("acme", "ann", TestContext.Current.CancellationToken);
        await using UiHost host = await UiHost.StartAsync(
            storage, container.Name, withEngine: false, limits: new HttpLimits { UnauthenticatedRequestsPerSecond = 1 });
        using Visitor visitor = host.Visit();
        Seen last = await visitor.GetAsync("/ui/sign-in");
        for (int i = 0; i < 200 && last.Status != 429; i++)
        {
            last = await visitor.GetAsync("/ui/sign-in");
        }

        Assert.Equal((429, "1"), (last.Status, last.Header("Retry-After")));
        AssertHeaders(last);
    }

    [Fact]
    public async Task Without_storage_there_is_a_page_that_says_so_and_no_form()
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        string key = (await new KeyStore(container, TimeProvider.System).AddAsync("a", "u", TestContext.Current.CancellationToken)).Text;
        FaultTransport faults = new FaultTransport().When(
            static r => r.Is("GET", "keys/protection/"), Fault.Respond(503, "ServerBusy"), times: 5);
        await using UiHost host = await UiHost.StartAsync(storage, container.Name, withEngine: false, faults: faults);
        using Visitor visitor = host.Visit();

        Seen away = await visitor.GetAsync("/ui/sign-in");
        Assert.Equal((503, "2"), (away.Status, away.Header("Retry-After")));
        AssertHeaders(away);
        Assert.DoesNotContain("<form", away.Text, StringComparison.Ordinal);
        Assert.Equal(303, (await visitor.SignInAsync(key)).Status);
    }

    [Fact]
    public async Task The_door_needs_nothing_of_a_host_whose_storage_is_not_open()
    {
        await using ServiceProvider nothing = new ServiceCollection().AddUi().BuildServiceProvider();
        Assert.NotNull(nothing.GetRequiredService<IBrowserPages>());
    }

    [Fact]
    public void Over_https_the_cookie_is_for_https_alone()
    {
        var http = new DefaultHttpContext();
        http.Request.Scheme = "https";
        SessionCookie.Set(http, "dsk_text");
        Assert.Equal(
            "__Secure-durable_sessions_key=dsk_text; path=/ui; secure; samesite=strict; httponly", http.Response.Headers.SetCookie);

        // A cookie of that name can be set over http, by a machine between.
        http.Request.Headers.Cookie = "durable_sessions_key=dsk_planted";
        SessionCookie.HandOver(http.Request);
        Assert.False(http.Request.Headers.ContainsKey("X-API-Key"));
        http.Request.Headers.Cookie = "__Secure-durable_sessions_key=dsk_own";
        SessionCookie.HandOver(http.Request);
        Assert.Equal("dsk_own", http.Request.Headers["X-API-Key"]);
    }

    [Fact]
    public async Task A_protection_key_is_written_once()
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        var keys = new ProtectionKeys(() => container);
        Assert.Empty(keys.GetAllElements());
        keys.StoreElement(XElement.Parse("<key id='1' />"), "key-1");
        keys.StoreElement(XElement.Parse("<key id='other' />"), "key-1");
        keys.StoreElement(XElement.Parse("<key id='2' />"), "key-2");
        Assert.Equal(["1", "2"], keys.GetAllElements().Select(static e => e.Attribute("id")!.Value));
    }

    [Fact]
    public async Task Assets_are_kept_and_no_page_has_an_inline_style_or_script()
    {
        (UiHost host, _, _, _) = await StartAsync();
        await using UiHost stops = host;
        using Visitor visitor = host.Visit();
        Seen form = await visitor.GetAsync("/ui/sign-in");
        Assert.DoesNotMatch("style=|<style|onclick|<script(?! src=)|javascript:", form.Text);
        string css = System.Text.RegularExpressions.Regex.Match(form.Text, "href=\"(/ui/assets/ui.css[^\"]*)\"").Groups[1].Value;

        Seen first = await visitor.GetAsync(css);
        Assert.Equal((200, "public, max-age=31536000, immutable"), (first.Status, first.Header("Cache-Control")));
        Assert.Equal(304, (await visitor.GetAsync(css, ("If-None-Match", first.Header("ETag")!))).Status);
        Assert.Equal(404, (await visitor.GetAsync("/ui/assets/none.css")).Status);
    }

    [Fact]
    public async Task Hosts_share_what_protects_forms_and_ask_for_it_only_when_a_browser_comes()
    {
        string container = (await storage.NewContainerAsync()).Name;
        string key = (await Keys(await storage.ConnectAsync(container)).AddAsync("a", "u", TestContext.Current.CancellationToken)).Text;
        await using UiHost one = await UiHost.StartAsync(storage, container, withEngine: false);
        await using UiHost other = await UiHost.StartAsync(storage, container, withEngine: false);
        Assert.DoesNotContain(one.Requests.Requests, static r => r.ToString().Contains("keys/protection", StringComparison.Ordinal));

        // A form of one host, sent to the other one.
        using Visitor visitor = one.Visit();
        Seen form = await visitor.GetAsync("/ui/sign-in");
        Assert.Equal(1, one.Requests.CountOf("PUT", "keys/protection/"));
        string token = System.Net.WebUtility.HtmlDecode(
            System.Text.RegularExpressions.Regex.Match(form.Text, "name=\"token\" value=\"([^\"]*)\"").Groups[1].Value);
        using Visitor moved = other.Visit();
        Seen entered = await moved.PostAsync(
            "/ui/sign-in", new() { ["key"] = key, ["token"] = token }, withToken: false,
            ("Cookie", visitor.Cookies.GetCookieHeader(new Uri(one.Address, "/ui"))));
        Assert.Equal(303, entered.Status);
        Assert.Equal(0, other.Requests.CountOf("PUT", "keys/protection/"));
    }

    internal static void AssertHeaders(Seen seen)
    {
        Assert.StartsWith("text/html", seen.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal(Policy, seen.Header("Content-Security-Policy"));
        Assert.Equal("nosniff", seen.Header("X-Content-Type-Options"));
        Assert.Equal("same-origin", seen.Header("Referrer-Policy"));
        Assert.Equal("same-origin", seen.Header("Cross-Origin-Opener-Policy"));
        Assert.Equal("DENY", seen.Header("X-Frame-Options"));
        Assert.Equal("no-store", seen.Header("Cache-Control"));
    }

    private static KeyStore Keys(Core.Storage.SessionStorage storage) => new(storage.Container, TimeProvider.System);

    private async Task<(UiHost Host, string Key, string ReadOnly, string Operators)> StartAsync()
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        CancellationToken ends = TestContext.Current.CancellationToken;
        string key = (await keys.AddAsync("acme", "ann", ends)).Text;
        string readOnly = (await keys.AddAsync(new NewKey("acme", "ann") { IsReadOnly = true }, ends)).Text;
        string operators = (await keys.AddAsync(null, null, ends)).Text;
        return (await UiHost.StartAsync(storage, container.Name, withEngine: false), key, readOnly, operators);
    }
}
