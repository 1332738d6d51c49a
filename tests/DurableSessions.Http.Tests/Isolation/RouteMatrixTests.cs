using System.Net;
using System.Text.RegularExpressions;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Tests.Isolation;

/// <summary>Every route of the running host with every kind of credential.</summary>
public sealed partial class RouteMatrixTests : IAsyncLifetime
{
    private const string Canary = "canary-of-ann";
    private const string Owned = "plan";
    private const string OwnedMemory = "remembered";
    private const string Absent = "absent";

    private static readonly HttpLimits s_limits = new()
    {
        RequestsPerSecond = 10_000,
        Burst = 10_000,
        UnauthenticatedRequestsPerSecond = 10_000,
    };

    private readonly SessionStorage _storage = new SimulatedStorage().Connect("matrix");
    private ApiHost _host = null!;
    private string _task = "";
    private string _owner = "";
    private string _operator = "";
    private string _revoked = "";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private KeyStore Keys => new(_storage.Container, TimeProvider.System);

    /// <summary>What reads is first, and what deletes last: the owner's own requests find what they name.</summary>
    private IEnumerable<(string Method, string Pattern, RouteAccess Access)> Routes => _host.Routes
        .Select(static r => (Method(r), r.RoutePattern.RawText!, RouteTable.All.GetValueOrDefault(Name(r))
            ?? throw new InvalidOperationException($"'{Name(r)}' is a new route: say in RouteTable who may call it.")))
        .OrderBy(static r => r.Item1 switch { "GET" => 0, "DELETE" => 2, _ => 1 })
        .ThenByDescending(static r => r.Item2.Length);

    public async ValueTask InitializeAsync()
    {
        await _storage.Container.CreateAsync(cancellationToken: Cancelled);
        _owner = (await Keys.AddAsync("acme", "ann", Cancelled)).Text;
        _operator = (await Keys.AddAsync(null, null, Cancelled)).Text;
        (_revoked, ApiKey revoked) = await Keys.AddAsync("acme", "ann", Cancelled);
        await Keys.RevokeAsync(revoked.Id, Cancelled);
        await using (ApiHost engine = await ApiHost.StartAsync(_storage, keyTime: TimeProvider.System, limits: s_limits))
        {
            string message = $$"""{"role":"user","content":"remember {{Canary}}"}""";
            (await engine.SendAsync($"/api/v1/sessions/{Owned}/messages", _owner, HttpMethod.Post, message)).Succeeded();
            _task = (await engine.SendAsync($"/api/v1/sessions/{Owned}/commit?wait=60", _owner, HttpMethod.Post, "{}"))
                .ResultText("task_id");
        }

        // Without an engine, so that all that changes in the container is what a request changes.
        _host = await ApiHost.StartAsync(_storage, withEngine: false, keyTime: TimeProvider.System, limits: s_limits);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public void The_table_has_the_routes_of_the_host_and_no_others() => Assert.Equal(
        RouteTable.All.Keys.Order(StringComparer.Ordinal), _host.Routes.Select(Name).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public async Task Without_a_valid_key_a_route_that_needs_one_answers_401_and_does_nothing()
    {
        string unknown = KeyText.Create().Text;
        (string, string)[][] credentials =
        [
            [],
            [("X-API-Key", unknown)],
            [("Authorization", $"Bearer {unknown}")],
            [("X-API-Key", _revoked)],
            [("Authorization", $"Bearer {_revoked}")],
            [("Authorization", _owner)],
            [("Authorization", $"Basic {_owner}")],
            [("Authorization", "Bearer")],
            [("Authorization", $"Bearer Bearer {_owner}")],
            [("Authorization", $"Bearer {_owner}, Bearer {_owner}")],
            [("X-API-Key", unknown), ("Authorization", $"Bearer {_owner}")],
            [("X-API-Key", _owner + " " + _owner)],
        ];
        ContainerState before = await StateAsync();
        var wrong = new List<string>();
        foreach ((string method, string pattern, RouteAccess access) in Routes)
        {
            foreach ((string, string)[] credential in credentials)
            {
                Reply reply = await SendAsync(method, pattern, access, Owned, _task, credential);
                bool presentsKey = credential is [("X-API-Key", _), ..] or [("Authorization", ['B', 'e', 'a', 'r', 'e', 'r', ' ', ..])];
                bool isRefused = access.Kind is RouteKind.Caller or RouteKind.Operator || (access.Kind == RouteKind.Probe && presentsKey);
                if (isRefused != (reply.Status == HttpStatusCode.Unauthorized)
                    || (isRefused && reply.Error.GetProperty("code").GetString() != "UNAUTHENTICATED")
                    || reply.Text.Contains(Canary, StringComparison.Ordinal))
                {
                    wrong.Add($"{method} {pattern} with {string.Join(", ", credential)}: {reply.Status} {reply.Text}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.Empty((await StateAsync()).ChangedSince(before));
    }

    [Fact]
    public async Task A_key_of_the_wrong_kind_is_answered_403_whatever_the_request_names_and_does_nothing()
    {
        string absentTask = NewTask();
        ContainerState before = await StateAsync();
        var wrong = new List<string>();
        foreach ((string method, string pattern, RouteAccess access) in Routes)
        {
            if (access.Kind is RouteKind.Open or RouteKind.Probe)
            {
                continue;
            }

            (string, string)[] credential = [("X-API-Key", access.Kind == RouteKind.Caller ? _operator : _owner)];
            Reply owned = await SendAsync(method, pattern, access, Owned, _task, credential);
            Reply absent = await SendAsync(method, pattern, access, Absent, absentTask, credential);
            if (owned.Status != HttpStatusCode.Forbidden || owned.Text != absent.Text
                || owned.Error.GetProperty("code").GetString() != "PERMISSION_DENIED")
            {
                wrong.Add($"{method} {pattern}: {owned.Status} {owned.Text} / {absent.Status} {absent.Text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.Empty((await StateAsync()).ChangedSince(before));
    }

    [Theory]
    [InlineData("acme", null)]
    [InlineData(null, "ann")]
    public async Task What_another_tenant_owns_is_answered_as_what_does_not_exist_and_stays_as_it_is(string? account, string? user)
    {
        string absentTask = NewTask();
        (string Method, string Pattern, RouteAccess Access)[] routes = [.. Routes.Where(static r => r.Access.Kind == RouteKind.Caller)];

        // Each route has a caller of its own, whose requests to other routes have created nothing. The cache of keys is as old as the host.
        var keys = new List<(string Text, string Path)>();
        for (int i = 0; i < routes.Length; i++)
        {
            (string a, string u) = (account ?? $"account{i}", user ?? $"user{i}");
            keys.Add(((await Keys.AddAsync(a, u, Cancelled)).Text, $"/{a}/{u}/"));
        }

        await _host.Keys.LoadAsync(Cancelled);
        ContainerState before = await StateAsync();
        var wrong = new List<string>();
        foreach (((string method, string pattern, RouteAccess access), (string text, string path)) in routes.Zip(keys))
        {
            (string, string)[] credential = [("X-API-Key", text), ("X-OpenViking-Account", "acme"), ("X-OpenViking-User", "ann")];
            Reply owned = await SendAsync(method, pattern, access, Owned, _task, credential);
            Reply absent = await SendAsync(method, pattern, access, Absent, absentTask, credential);
            if (owned.Status != absent.Status
                || owned.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                || Normalize(owned.Text, _task) != Normalize(absent.Text, absentTask)
                || owned.Text.Contains(Canary, StringComparison.Ordinal))
            {
                wrong.Add($"{method} {pattern}: {owned.Status} {owned.Text} / {absent.Status} {absent.Text}");
            }

            ContainerState after = await StateAsync();
            wrong.AddRange(after.ChangedSince(before)
                .Where(blob => !blob.Contains(path, StringComparison.Ordinal))
                .Select(blob => $"{method} {pattern} has changed {blob}"));
            before = after;
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task The_key_that_a_route_asks_for_opens_it()
    {
        var wrong = new List<string>();
        foreach ((string method, string pattern, RouteAccess access) in Routes.Where(static r => r.Pattern != "/bug"))
        {
            string key = access.Kind == RouteKind.Operator ? _operator : _owner;
            if (method == "DELETE")
            {
                // Another route may have deleted it.
                const string Memory = $"/api/v1/memories/events/{OwnedMemory}";
                (await _host.SendAsync(Memory, _owner, HttpMethod.Put, $$"""{"content":"{{Canary}}"}""")).Succeeded();
            }

            Reply reply = await SendAsync(method, pattern, access, Owned, _task, [("X-API-Key", key)]);
            if (reply.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
                or HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError)
            {
                wrong.Add($"{method} {pattern}: {reply.Status} {reply.Text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    private Task<ContainerState> StateAsync() => ContainerState.ReadAsync(_storage.Container, Cancelled);

    private static string Method(RouteEndpoint route) => route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Single() ?? "*";

    private static string Name(RouteEndpoint route) => $"{Method(route)} {route.RoutePattern.RawText}";

    private static string NewTask() => $"c{Guid.NewGuid():N}"[..32];

    private static string Normalize(string text, string task) => Varying().Replace(
        text.Replace(task, "{task}", StringComparison.Ordinal)
            .Replace(Owned, "{id}", StringComparison.Ordinal)
            .Replace(OwnedMemory, "{id}", StringComparison.Ordinal)
            .Replace(Absent, "{id}", StringComparison.Ordinal),
        "*");

    private async Task<Reply> SendAsync(
        string method, string pattern, RouteAccess access, string id, string task, (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = access.Request(
            $"{method} {pattern}", new RouteValues(id, task, id == Owned ? OwnedMemory : Absent));
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await _host.SendAsync(request);
    }

    // Random ids, versions, and times.
    [GeneratedRegex("""(msg_[0-9a-f]{32}|"(trace_id|etag|updated_at|created_at|mod_time)":"([^"\\]|\\.)*")""")]
    private static partial Regex Varying();
}
