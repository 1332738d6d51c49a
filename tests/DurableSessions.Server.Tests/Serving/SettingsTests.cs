using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Hosting;
using DurableSessions.Http.Limits;
using DurableSessions.Server.Serving;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>What holds for the settings of every section.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Nothing_needs_to_be_set()
    {
        Assert.Equal(new SessionOptions { Semantic = new() { Timeout = TimeSpan.FromMinutes(10) } }, SettingsHost.Read<SessionOptions>());
        Assert.Equal(new HttpLimits(), SettingsHost.Read<HttpLimits>());
        Assert.Equal("durable-sessions", SettingsHost.Read<StorageSettings>().Container);
    }

    [Fact]
    public void An_empty_value_is_none()
    {
        Assert.Equal(new HttpLimits(), SettingsHost.Read<HttpLimits>(("Limits:Burst", ""), ("Limits:StrangerRequestsPerSecond", "")));
        Assert.Equal(TimeSpan.Zero, SettingsHost.Read<SessionOptions>(("Appends:RepetitionSeconds", "")).RepetitionWindow);
        Assert.Equal("durable-sessions", SettingsHost.Read<StorageSettings>(("Storage:Container", "")).Container);
        Assert.Null(SettingsHost.Read<LocalStorageSettings>(("Storage:Folder", "")).Folder);
    }

    [Fact]
    public void A_value_is_read_under_its_key_in_any_case()
    {
        HttpLimits limits = SettingsHost.Read<HttpLimits>(
            ("Limits:Burst", "7"), ("limits:strangerrequestspersecond", "8"), ("Limits:BodyBytes", "1024"));
        Assert.Equal(new HttpLimits { Burst = 7, UnauthenticatedRequestsPerSecond = 8, BodyBytes = 1_024 }, limits);
        Assert.Equal(TimeSpan.FromDays(1), SettingsHost.Read<SessionOptions>(("Appends:RepetitionSeconds", "86400")).RepetitionWindow);
        Assert.Equal(TimeSpan.FromDays(7), SettingsHost.Read<SessionOptions>(("Retention:TaskDays", "7")).TaskRetention);
        Assert.Equal(TimeSpan.Zero, SettingsHost.Read<SessionOptions>(("Retention:TaskDays", "0")).TaskRetention);
        Assert.Equal(TimeSpan.Zero, SettingsHost.Read<SessionOptions>().SessionRetention);
        Assert.Equal(TimeSpan.FromDays(90), SettingsHost.Read<SessionOptions>(("Retention:SessionDays", "90")).SessionRetention);
        Assert.Equal(TimeSpan.Zero, SettingsHost.Read<SessionOptions>().ArchiveRetention);
        Assert.Equal(TimeSpan.FromDays(365), SettingsHost.Read<SessionOptions>(("Retention:ArchiveDays", "365")).ArchiveRetention);
    }

    [Theory]
    [InlineData("Limits:Brust", "Limits:Brust is not a setting; Limits has AnswerSeconds, BodiesBytes, BodyBytes, ")]
    [InlineData("Limits:UnauthenticatedRequestsPerSecond", "Limits:UnauthenticatedRequestsPerSecond is not a setting; Limits has ")]
    [InlineData("Limits:Burst:Most", "Limits:Burst:Most is not a setting")]
    [InlineData("Semantics:Modell", "Semantics:Modell is not a setting; Semantics has AllowHttp, AnswerTokens, Concurrency, ")]
    [InlineData("Semantics:WhenUnavailable", "Semantics:WhenUnavailable is not a setting")]
    [InlineData("Storage:Containers", "Storage:Containers is not a setting; Storage has ConcurrentRequests, Container, Folder.")]
    [InlineData("Appends:Seconds", "Appends:Seconds is not a setting; Appends has RepetitionSeconds.")]
    [InlineData("AutoCommit:KeepRecent", "AutoCommit:KeepRecent is not a setting; AutoCommit has IdleTimeoutSeconds, ")]
    [InlineData("Quotas:Session", "Quotas:Session is not a setting; Quotas has Bytes, MeasureSeconds, ")]
    [InlineData("Host:Names", "Host:Names is not a setting; Host has Name, StopSeconds.")]
    [InlineData("Embedded:Ownership", "Embedded:Ownership is not a setting; Embedded has OwnershipSeconds.")]
    public void A_key_that_no_setting_has_is_named(string key, string expected) =>
        Assert.StartsWith(expected, SettingsHost.Error((key, "1")), StringComparison.Ordinal);

    [Theory]
    [InlineData("BodyBytes", 1_024, 33_554_432)]
    [InlineData("HeaderBytes", 1_024, 131_072)]
    [InlineData("Connections", 1, 1_000_000)]
    [InlineData("ConnectionsPerAddress", 1, 1_000_000)]
    [InlineData("RequestsPerSecond", 1, 1_000_000)]
    [InlineData("Burst", 1, 1_000_000)]
    [InlineData("StrangerRequestsPerSecond", 1, 1_000_000)]
    [InlineData("Waits", 1, 100_000)]
    [InlineData("HeadersSeconds", 1, 3_600)]
    [InlineData("KeepAliveSeconds", 1, 3_600)]
    [InlineData("MinBytesPerSecond", 1, 33_554_432)]
    [InlineData("SlowSeconds", 2, 3_600)]
    [InlineData("BodySeconds", 1, 3_600)]
    [InlineData("AnswerSeconds", 1, 3_600)]
    [InlineData("BodiesBytes", 67_108_864, 1_073_741_824)]
    public void A_limit_has_bounds(string name, int min, int max)
    {
        Assert.NotEqual(new HttpLimits(), SettingsHost.Read<HttpLimits>(("Limits:" + name, $"{min}")));
        SettingsHost.Read<HttpLimits>(("Limits:" + name, $"{max}"));
        foreach (string wrong in (string[])[$"{min - 1}", $"{max + 1}", "0x1000", "1.5", "many", "99999999999999999999"])
        {
            Assert.Equal(
                $"Limits:{name} '{wrong}' is not a whole number from {min} to {max}.", SettingsHost.Error(("Limits:" + name, wrong)));
        }
    }

    [Theory]
    [InlineData("Sessions", 1, 1_000_000_000)]
    [InlineData("Bytes", 1, 1_125_899_906_842_624)]
    [InlineData("WaitingCommits", 1, 1_000_000)]
    [InlineData("ModelTokensPerDay", 1, 1_000_000_000_000)]
    [InlineData("MeasureSeconds", 1, 3_600)]
    public void A_quota_has_bounds(string name, long min, long max)
    {
        Assert.NotEqual(new QuotaSettings(), SettingsHost.Read<SessionOptions>(("Quotas:" + name, $"{min}")).Quotas);
        Assert.NotEqual(new QuotaSettings(), SettingsHost.Read<SessionOptions>(("Quotas:" + name, $"{max}")).Quotas);
        Assert.Equal(new QuotaSettings(), SettingsHost.Read<SessionOptions>(("Quotas:" + name, "")).Quotas);
        foreach (string wrong in (string[])[$"{min - 1}", $"{max + 1}", "-1", "0x1000", "1.5", "many", "99999999999999999999"])
        {
            Assert.Equal(
                $"Quotas:{name} '{wrong}' is not a whole number from {min} to {max}.", SettingsHost.Error(("Quotas:" + name, wrong)));
        }
    }

    [Fact]
    public void All_that_is_wrong_is_named_at_once()
    {
        string error = SettingsHost.Error(
            ("Limits:Burst", "0"),
            ("Limits:Connections", "many"),
            ("Storage:Container", "A"),
            ("Appends:RepetitionSeconds", "-1"),
            ("Embedded:X", "1"));
        string[] keys = ["Limits:Connections 'many'", "Storage:Container 'A'", "Appends:RepetitionSeconds '-1'", "Embedded:X is"];
        foreach (string key in keys)
        {
            Assert.Contains(key, error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\n', error);
        Assert.Equal(error.IndexOf("Appends:", StringComparison.Ordinal), error.LastIndexOf("Appends:", StringComparison.Ordinal));
    }

    [Fact]
    public void Validation_asks_for_no_storage()
    {
        using ServiceProvider services = SettingsHost.Build();
        services.ValidateSettings();
        Assert.Throws<InvalidOperationException>(services.GetRequiredService<SessionStorage>);
    }

    [Theory]
    [InlineData("Limits:BodyBytes", "many", "Limits:BodyBytes 'many' is not a whole number from 1024 to 33554432.")]
    [InlineData("Limits:Brust", "1", "Limits:Brust is not a setting; Limits has ")]
    [InlineData("Semantics:WhenFailed", "cry", "Semantics:WhenFailed 'cry' is not fallback or fail.")]
    [InlineData("Semantics:WhenAway", "cry", "Semantics:WhenAway 'cry' is not fallback or wait.")]
    [InlineData("Proxies:Hops", "0", "Proxies:Hops '0' is not a whole number from 1 to 10.")]
    [InlineData("Proxies:Trusted", "0.0.0.0/0", "Proxies:Trusted '0.0.0.0/0' is not a list of addresses or of networks such as")]
    [InlineData("Storage:Container", "Not_A_Name", "Storage:Container 'Not_A_Name' is no container name")]
    [InlineData("Appends:RepetitionSeconds", "86401", "Appends:RepetitionSeconds '86401' is not a whole number from 0 (off) to 86400.")]
    [InlineData("Appends:RepetitionSeconds", "a minute", "Appends:RepetitionSeconds 'a minute' is not a whole number from 0 (off)")]
    [InlineData("Host:StopSeconds", "never", "Host:StopSeconds 'never' is not a whole number from 0 to 300.")]
    [InlineData("Host:StopSeconds", "-1", "Host:StopSeconds '-1' is not a whole number from 0 to 300.")]
    [InlineData("Host:StopSeconds", "301", "Host:StopSeconds '301' is not a whole number from 0 to 300.")]
    [InlineData("Retention:TaskDays", "a month", "Retention:TaskDays 'a month' is not a whole number from 0 (for ever) to 3650.")]
    [InlineData("Retention:TaskDays", "-1", "Retention:TaskDays '-1' is not a whole number from 0 (for ever) to 3650.")]
    [InlineData("Retention:TaskDays", "3651", "Retention:TaskDays '3651' is not a whole number from 0 (for ever) to 3650.")]
    [InlineData("AutoCommit:KeepRecentCount", "-1", "AutoCommit:KeepRecentCount '-1' is not a whole number from 0 to 1000.")]
    [InlineData(
        "AutoCommit:MessageCountThreshold", "1001", "AutoCommit:MessageCountThreshold '1001' is not a whole number from 0 to 1000.")]
    [InlineData("AutoCommit:IdleTimeoutSeconds", "1d", "AutoCommit:IdleTimeoutSeconds '1d' is not a whole number from 0 to 604800.")]
    [InlineData("Quotas:Bytes", "0", "Quotas:Bytes '0' is not a whole number from 1 to 1125899906842624.")]
    [InlineData("Embedded:OwnershipSeconds", "2", "Embedded:OwnershipSeconds '2' is not a whole number from 3 to 300.")]
    [InlineData("Embedded:OwnershipSeconds", "soon", "Embedded:OwnershipSeconds 'soon' is not a whole number from 3 to 300.")]
    [InlineData("Auth:Mode", "none", "Auth:Mode 'none' is not dev or keys.")]
    [InlineData("Auth:Mod", "keys", "Auth:Mod is not a setting; Auth has Mode.")]
    public async Task A_wrong_setting_ends_the_opening_before_local_storage_is_started(string name, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        string error = await SettingsHost.OpeningErrorAsync(("Storage:Folder", data), (name, value));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("Temporal", "Engine is 'Temporal'; it must be Embedded or DurableTask.")]
    [InlineData("DurableTask", "Engine is DurableTask, but ConnectionStrings:Scheduler is missing")]
    public void An_engine_that_is_invalid(string engine, string expected) => Assert.StartsWith(
        expected, Assert.Throws<StartException>(() => SettingsHost.Error(("Engine", engine))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("nonsense", "ConnectionStrings:Storage is no connection string")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=!!!", "ConnectionStrings:Storage is no connection string")]
    [InlineData("http://account.blob.core.windows.net", "not one of a blob service")]
    [InlineData("https://account.blob.core.windows.net/?sig=secret", "not one of a blob service")]
    public async Task A_connection_that_is_invalid(string connection, string expected)
    {
        string error = await SettingsHost.OpeningErrorAsync(("ConnectionStrings:Storage", connection));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_ends_the_start_before_local_storage_is_started()
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        var environment = new Dictionary<string, string> { ["Storage__Folder"] = data, ["Limits__Burst"] = "0" };
        await StartErrorTests.AssertErrorAsync(
            environment, "http://127.0.0.1:0", "Limits:Burst '0' is not a whole number from 1 to 1000000.");
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_limit_of_connections_reaches_the_server()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["Storage__Folder"] = folder.Path, ["Limits__Connections"] = "1" };
        await using ServerProcess server = await ServerProcess.StartAsync(environment);
        using HttpResponseMessage first = await server.Client.GetAsync("/health");
        Assert.True(first.IsSuccessStatusCode);

        // The client of the process keeps its connection.
        using var other = new HttpClient { BaseAddress = server.Address };
        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetAsync("/health"));
    }

    [Theory]
    [InlineData("check", "Check__OrphanAge", "-00:00:01", "Check:OrphanAge '-00:00:01' is not a time such as 1.00:00:00 (a day)")]
    [InlineData("check", "Check__Age", "1", "Check:Age is not a setting; Check has OrphanAge.")]
    [InlineData("check", "Appends__RepetitionSeconds", "x", "Appends:RepetitionSeconds 'x'")]
    [InlineData("drain", "Embedded__OwnershipSeconds", "2", "Embedded:OwnershipSeconds '2'")]
    [InlineData("keys list", "Storage__Container", "A", "Storage:Container 'A'")]
    public async Task It_ends_a_command_too(string command, string name, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        var environment = new Dictionary<string, string> { ["Storage__Folder"] = data, [name] = value };
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(environment, command.Split(' '));
        Assert.StartsWith("error: " + expected, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(static character => character == '\n'));
        Assert.Equal(1, exitCode);
        Assert.False(Directory.Exists(data));
    }
}
