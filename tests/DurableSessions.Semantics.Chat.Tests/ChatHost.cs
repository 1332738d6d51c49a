using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>A host whose digests are a model's: a store, an engine, and faults on its way to storage.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Reliability", "CA2213", Justification = "It is killed: a host of a test ends like a process.")]
internal sealed class ChatHost : IDisposable
{
    public static readonly SessionKey Key = new("acme", "ada", "s1");

    private readonly ServiceProvider _services;
    private readonly EmbeddedEngine _engine;
    private readonly ChatModel _model;
    private readonly TimeProvider _time;

    private ChatHost(
        SessionStorage storage,
        FaultTransport faults,
        RequestLog log,
        ChatModel model,
        SessionOptions options,
        TimeProvider time)
    {
        _time = time;
        Faults = faults;
        Log = log;
        _model = model;
        var engine = new EngineOptions { Ownership = TimeSpan.FromSeconds(1), SweepInterval = TimeSpan.FromSeconds(5) };
        _services = new ServiceCollection()
            .AddHost(storage, _model.Processor, new ExtractiveSemanticProcessor(), options, engine, time)
            .BuildServiceProvider();
        Store = _services.GetRequiredService<SessionStore>();
        _engine = _services.GetRequiredService<EmbeddedEngine>();
    }

    public SessionStore Store { get; }

    public FaultTransport Faults { get; }

    public RequestLog Log { get; }

    /// <summary>For the end of a commit, on the host's clock.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A host whose model answers on a socket.</summary>
    public static Task<ChatHost> RunAsync(StorageFixture fixture, string container, StubModel stub, SemanticPolicy? policy = null) =>
        RunAsync(fixture, container, Asking.Connect(stub, Small), policy);

    /// <summary>A host whose model answers in the process.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Reliability", "CA2000", Justification = "The model owns its handler, and the host its model.")]
    public static Task<ChatHost> RunAsync(
        StorageFixture fixture, string container, InProcessModel model, SemanticPolicy? policy = null) => RunAsync(
        fixture,
        container,
        new ChatModel(Small(Asking.Options(new Uri("http://model.test/v1"))), new ChatCredential("the-key"), fixture.Time, model.Handler()),
        policy);

    private static ChatModelOptions Small(ChatModelOptions options) =>
        options with { Retries = 0, ContextTokens = 6_000, AnswerTokens = 500 };

    private static async Task<ChatHost> RunAsync(StorageFixture fixture, string container, ChatModel model, SemanticPolicy? policy)
    {
        var faults = new FaultTransport();
        var log = new RequestLog();
        SessionStorage storage = await fixture.ConnectAsync(container, o =>
        {
            faults.Configure(o);
            log.Configure(o);
        });
        var options = new SessionOptions
        {
            Semantic = policy ?? new SemanticPolicy { FirstRetryInterval = TimeSpan.FromMilliseconds(100) },
        };
        var host = new ChatHost(storage, faults, log, model, options, fixture.Time);
        await host._engine.StartAsync(Cancelled);
        return host;
    }

    public Task AppendAsync(params string[] texts) =>
        Store.Sessions.AppendAsync(Key, [.. texts.Select(static t => Words.Message(t))], null, Cancelled);

    public async Task<CommitTask> CommitToEndAsync()
    {
        CommitAnswer answer = await Store.Commits.CommitAsync(Key, new CommitRequest(), Cancelled);
        return await EndAsync(answer.Task!.TaskId);
    }

    public Task<CommitTask> EndAsync(string taskId) =>
        Store.Tasks.WaitAsync(Key.Owner, taskId, Cancelled).WaitAsync(Patience, _time, Cancelled);

    public async Task<IReadOnlyList<CommitTask>> EndAllAsync()
    {
        var ended = new List<CommitTask>();
        foreach (CommitTask task in await Store.Tasks.ListAsync(Key.Owner, new CommitTaskQuery(), Cancelled))
        {
            ended.Add(await EndAsync(task.TaskId));
        }

        return ended;
    }

    public Task KillAsync()
    {
        Faults.StopTheWorldAt(0);
        return _engine.KillAsync();
    }

    public void Dispose()
    {
        _ = DieAsync();

        async Task DieAsync()
        {
            await _engine.KillAsync();
            Faults.FailHanging();
            await _services.DisposeAsync();
            _model.Dispose();
        }
    }
}
