using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>A tab of the browser: pages in it, what they asked servers and were answered, and what the browser complains of.</summary>
internal sealed partial class Tab : IAsyncDisposable
{
    // What a page may not do by its own policy, as the page sees it.
    private const string CountViolations =
        "window.violations = []; document.addEventListener('securitypolicyviolation', "
        + "e => window.violations.push(e.effectiveDirective + ' ' + e.blockedURI));";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly DevTools _tools;
    private readonly string _context;
    private readonly string _target;
    private readonly string _session;
    private readonly Dictionary<string, string> _requests = [];
    private readonly Dictionary<string, int> _statuses = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource<int>> _answers = [];
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly ConcurrentDictionary<string, string> _served = [];
    private volatile TaskCompletionSource _loaded = new();

    private Tab(DevTools tools, string context, string target, string session)
    {
        (_tools, _context, _target, _session) = (tools, context, target, session);
        tools.Listen(session, Take);
    }

    /// <summary>The errors of the tab's console so far: its pages', and the browser's about them.</summary>
    public IReadOnlyCollection<string> Errors => [.. _errors];

    public static async Task<Tab> OpenAsync(DevTools tools)
    {
        var context = (string)(await tools.SendAsync("Target.createBrowserContext"))["browserContextId"]!;
        var target = (string)(await tools.SendAsync(
            "Target.createTarget", new JsonObject { ["url"] = "about:blank", ["browserContextId"] = context }))["targetId"]!;
        var session = (string)(await tools.SendAsync(
            "Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!;
        var tab = new Tab(tools, context, target, session);
        foreach (string domain in (string[])["Page", "Network", "Log", "Runtime"])
        {
            await tab.SendAsync($"{domain}.enable");
        }

        await tab.SendAsync("Page.addScriptToEvaluateOnNewDocument", new JsonObject { ["source"] = CountViolations });
        return tab;
    }

    /// <summary>Shows what a server answers at an address. Returns once all of it is loaded.</summary>
    public async Task OpenAsync(string address)
    {
        _answers.Clear();
        _loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        JsonNode result = await SendAsync("Page.navigate", new JsonObject { ["url"] = address });
        Assert.True(result["errorText"] is null, $"{address}: {result["errorText"]}");
        await _loaded.Task.WaitAsync(s_timeout);

        // That may have been the event of the page before.
        await EvaluateAsync("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))");
    }

    /// <summary>
    /// Shows a page as though its address had served it; all other addresses lead where they lead. So a page has the origin of a server
    /// that it did not come from, as after a change of its name in the DNS.
    /// </summary>
    public async Task OpenAsync(string address, string html)
    {
        _served[address] = html;
        await SendAsync("Fetch.enable", new JsonObject { ["patterns"] = new JsonArray(new JsonObject { ["urlPattern"] = address }) });
        await OpenAsync(address);
    }

    /// <summary>Evaluates an expression in the page, and waits for it where it is a promise. Its value.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        JsonNode result = await SendAsync(
            "Runtime.evaluate",
            new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true, ["userGesture"] = true });
        Assert.True(result["exceptionDetails"] is null, result.ToJsonString());
        return result["result"]!["value"];
    }

    /// <summary>
    /// The status of the answer to a request since the last page was opened, such as <c>POST http://…</c>; it may still be on its way.
    /// </summary>
    public Task<int> StatusAsync(string request) => Answer(request).Task.WaitAsync(s_timeout);

    /// <summary>The addresses that the page's frames show; an address of the browser's own where it refuses to show one.</summary>
    public async Task<string[]> FramesAsync() =>
    [
        .. (await SendAsync("Page.getFrameTree"))["frameTree"]!["childFrames"]!.AsArray()
            .Select(static f => (string)f!["frame"]!["url"]!),
    ];

    public async ValueTask DisposeAsync()
    {
        await _tools.SendAsync("Target.closeTarget", new JsonObject { ["targetId"] = _target });
        await _tools.SendAsync("Target.disposeBrowserContext", new JsonObject { ["browserContextId"] = _context });
    }

    private Task<JsonNode> SendAsync(string method, JsonObject? parameters = null) => _tools.SendAsync(method, parameters, _session);

    private TaskCompletionSource<int> Answer(string request) =>
        _answers.GetOrAdd(request, static _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Take(string name, JsonNode parameters)
    {
        switch (name)
        {
            case "Page.loadEventFired":
                _loaded.TrySetResult();
                break;
            case "Network.requestWillBeSent":
                JsonNode request = parameters["request"]!;
                Sent((string)parameters["requestId"]!, $"{(string)request["method"]!} {(string)request["url"]!}");
                break;
            case "Network.webSocketCreated":
                Sent((string)parameters["requestId"]!, $"GET {(string)parameters["url"]!}");
                break;
            case "Network.responseReceivedExtraInfo":
                Answered((string)parameters["requestId"]!, (int)parameters["statusCode"]!);
                break;
            case "Network.webSocketFrameError"
                when RefusedHandshake().Match((string)parameters["errorMessage"]!) is { Success: true } refused:
                Answered((string)parameters["requestId"]!, int.Parse(refused.Groups[1].Value, CultureInfo.InvariantCulture));
                break;
            case "Log.entryAdded" when (string?)parameters["entry"]!["level"] == "error":
                _errors.Enqueue((string)parameters["entry"]!["text"]!);
                break;
            case "Runtime.consoleAPICalled" when (string?)parameters["type"] == "error":
            case "Runtime.exceptionThrown":
                _errors.Enqueue(parameters.ToJsonString());
                break;
            case "Fetch.requestPaused":
                _ = FulfillAsync((string)parameters["requestId"]!, (string)parameters["request"]!["url"]!);
                break;
        }
    }

    // The browser reports a request and the status of its answer in any order.
    private void Sent(string requestId, string request)
    {
        _requests[requestId] = request;
        Match(requestId);
    }

    private void Answered(string requestId, int status)
    {
        _statuses[requestId] = status;
        Match(requestId);
    }

    private void Match(string requestId)
    {
        if (_requests.TryGetValue(requestId, out string? request) && _statuses.TryGetValue(requestId, out int status))
        {
            Answer(request).TrySetResult(status);
        }
    }

    private async Task FulfillAsync(string requestId, string address) => await SendAsync("Fetch.fulfillRequest", new JsonObject
    {
        ["requestId"] = requestId,
        ["responseCode"] = 200,
        ["responseHeaders"] = new JsonArray(new JsonObject { ["name"] = "Content-Type", ["value"] = "text/html" }),
        ["body"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(_served[address])),
    });

    [GeneratedRegex(@"Unexpected response code: (\d+)")]
    private static partial Regex RefusedHandshake();
}
