using DurableSessions.Core;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Semantics.Extractive;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>A host whose digests are a model's: a store, an engine, and faults on its way to storage.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA2213", Justification = "It is killed: a host of a test ends like a process.")]
internal sealed class ChatHost : IDisposable
{
    public static readonly SessionKey Key = new("acme", "ada", "s1");

    private readonly EmbeddedEngine _engine;
    private readonly ChatModel _model;

    private ChatHost(SessionStorage storage, FaultTransport faults, RequestLog log, StubModel stub, SessionOptions options)
    {
        Faults = faults;
        Log = log;
        _model = Asking.Connect(stub, static o => o with { Retries = 0, ContextTokens = 6_000, AnswerTokens = 500 });
        Store = new SessionStore(
            storage, new SemanticProcessors(_model.Processor, new ExtractiveSemanticProcessor()), () => _engine!.Client, options, TimeProvider.System,
            NullLoggerFactory.Instance);
        var engine = new EngineOptions { Ownership = TimeSpan.FromSeconds(1), SweepInterval = TimeSpan.FromSeconds(5) };
        _engine = new EmbeddedEngine(
            storage.Container, storage.Unretried, Store.Register(new OrchestrationRegistry()), engine, TimeProvider.System, NullLogger<EmbeddedEngine>.Instance);
    }

    public SessionStore Store { get; }

    public FaultTransport Faults { get; }

    public RequestLog Log { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<ChatHost> RunAsync(AzuriteFixture azurite, string container, StubModel stub, SemanticPolicy? policy = null)
    {
        var faults = new FaultTransport();
        var log = new RequestLog();
        SessionStorage storage = await azurite.ConnectAsync(container, o =>
        {
            faults.Configure(o);
            log.Configure(o);
        });
        var host = new ChatHost(storage, faults, log, stub, new SessionOptions { Semantic = policy ?? new SemanticPolicy { FirstRetryInterval = TimeSpan.FromMilliseconds(100) } });
        await host._engine.StartAsync(Cancelled);
        return host;
    }

    public Task AppendAsync(params string[] texts) => Store.Sessions.AppendAsync(
        Key,
        [.. texts.Select(static t => new NewMessage { Role = "user", Parts = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text = t } }) })],
        null,
        Cancelled);

    public async Task<CommitTask> CommitToEndAsync()
    {
        CommitAnswer answer = await Store.Commits.CommitAsync(Key, new CommitRequest(), Cancelled);
        return await EndAsync(answer.Task!.TaskId);
    }

    public Task<CommitTask> EndAsync(string taskId) =>
        Store.Tasks.WaitAsync(Key.Account, Key.User, taskId, Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);

    public async Task<IReadOnlyList<CommitTask>> EndAllAsync()
    {
        var ended = new List<CommitTask>();
        foreach (CommitTask task in await Store.Tasks.ListAsync(Key.Account, Key.User, new CommitTaskQuery(), Cancelled))
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
        _engine.KillAsync().GetAwaiter().GetResult();
        Faults.FailHanging();
        Store.Dispose();
        _model.Dispose();
    }
}
