namespace DurableSessions.Server.Tests.Browser;

/// <summary>
/// What a page of another site, or of another server on this machine, can have a browser send without reading the answer: it reaches the
/// server, which refuses it and changes nothing.
/// </summary>
[Collection<BrowserCollection>]
public sealed class ForeignPageTests(Chromium browser, Victims victims)
{
    private const string OtherSite = "http://other.example/page";
    private const string OtherServer = "http://127.0.0.1:65000/page";

    private const string Commit = "/api/v1/sessions/victim/commit";
    private const string Messages = "/api/v1/sessions/victim/messages";
    private const string AutoCreate = "/api/v1/sessions/planted?auto_create=true";
    private const string NewSession = "/api/v1/sessions";

    private const string Form =
        "const form = Object.assign(document.createElement('form'), { method: 'POST', action: url }); document.body.append(form); ";

    /// <summary>The method, the path, and the script of a page that has this request sent to the address <c>url</c>.</summary>
    public static TheoryData<string, string, string> Attacks { get; } = new()
    {
        { "POST", Commit, "fetch(url, { method: 'POST', mode: 'no-cors' })" },
        { "POST", Messages, """fetch(url, { method: 'POST', mode: 'no-cors', body: '{"role":"user","content":"evil"}' })""" },
        { "POST", Messages, """navigator.sendBeacon(url, '{"role":"user","content":"evil"}')""" },
        { "POST", NewSession, "navigator.sendBeacon(url)" },
        { "POST", Commit, Form + "form.submit()" },
        { "POST", Commit, Form + "form.target = 'frame'; form.submit()" },
        { "GET", AutoCreate, "new Image().src = url" },
        { "GET", AutoCreate, "document.body.append(Object.assign(document.createElement('script'), { src: url }))" },
        { "GET", AutoCreate, "document.body.append(Object.assign(document.createElement('iframe'), { src: url }))" },
        { "GET", AutoCreate, "fetch(url, { mode: 'no-cors', credentials: 'include' })" },
        { "GET", AutoCreate, "location.href = url" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Changes_nothing(string method, string path, string script)
    {
        await using Tab tab = await browser.OpenTabAsync();
        foreach (bool withKey in (bool[])[false, true])
        {
            Victim victim = await victims.GetAsync(withKey);
            string before = await victim.StateAsync();
            foreach (string page in (string[])(withKey ? [OtherSite] : [OtherSite, OtherServer]))
            {
                Assert.Equal(withKey ? 401 : 403, await AttackAsync(tab, page, method, victim.Address + path, script));
            }

            Assert.Equal(before, await victim.StateAsync());
        }
    }

    // A browser sends no Sec-Fetch-Site with a WebSocket, but the origin.
    [Fact]
    public async Task Opens_no_socket()
    {
        await using Tab tab = await browser.OpenTabAsync();
        Victim victim = await victims.GetAsync(withKey: false);
        string before = await victim.StateAsync();
        string address = $"ws://127.0.0.1:{victim.Port}{AutoCreate}";
        await tab.OpenAsync(OtherSite, "<body></body>");

        Assert.Equal("closed", (string?)await tab.EvaluateAsync($$"""
            new Promise(done => {
                const socket = new WebSocket('{{address}}');
                socket.onopen = () => done('opened');
                socket.onclose = () => done('closed');
            })
            """));
        Assert.Equal(403, await tab.StatusAsync($"GET {address}"));
        Assert.Equal(before, await victim.StateAsync());
    }

    // The status of the answer, which the page itself cannot see.
    private static async Task<int> AttackAsync(Tab tab, string page, string method, string address, string script)
    {
        await tab.OpenAsync(page, "<body><iframe name='frame'></iframe></body>");
        await tab.EvaluateAsync($"(() => {{ const url = '{address}'; {script}; }})()");
        return await tab.StatusAsync($"{method} {address}");
    }
}
