using DurableSessions.Http.Documentation;
using DurableSessions.Http.Endpoints;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.OpenApi;

namespace DurableSessions.Http.Tests;

/// <summary>What clients without a key may ask for as often as they like is not made anew for each of them.</summary>
public sealed class ReadinessTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Storage_and_engine_are_asked_once_for_all_probes_of_a_second()
    {
        var engine = new CountedEngine();
        Readiness readiness = await StartAsync(engine);
        Task<Readiness.Answer>[] probes = [.. Enumerable.Range(0, 100).Select(_ => readiness.AskAsync(Cancelled))];
        Assert.All(await Task.WhenAll(probes), static answer => Assert.True(answer.Engine));
        _time.Advance(Readiness.MaxAge - TimeSpan.FromMilliseconds(1));
        await readiness.AskAsync(Cancelled);
        Assert.Equal(1, engine.Asked);
        engine.IsDown = true;
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Readiness.Answer down = await readiness.AskAsync(Cancelled);
        Assert.Equal((true, false, 2), (down.Storage, down.Engine, engine.Asked));
    }

    [Fact]
    public async Task A_probe_that_gives_up_takes_no_other_probe_with_it()
    {
        var engine = new CountedEngine { Answer = new TaskCompletionSource() };
        Readiness readiness = await StartAsync(engine);
        using var impatient = new CancellationTokenSource();
        Task<Readiness.Answer> first = readiness.AskAsync(impatient.Token);
        Task<Readiness.Answer> second = readiness.AskAsync(Cancelled);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        engine.Answer.SetResult();
        Assert.True((await second).Engine);
        Assert.Equal(1, engine.Asked);
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_not_ready_after_five_seconds()
    {
        var engine = new CountedEngine { Answer = new TaskCompletionSource() };
        Readiness readiness = await StartAsync(engine);
        Task<Readiness.Answer> probe = readiness.AskAsync(Cancelled);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False((await probe).Engine);
    }

    [Fact]
    public async Task The_document_is_made_once()
    {
        var documents = new CountedDocuments();
        var text = new OpenApiText(documents);
        await Assert.ThrowsAsync<InvalidOperationException>(() => text.GetAsync(Cancelled));
        byte[] first = await text.GetAsync(Cancelled);
        Assert.Same(first, await text.GetAsync(Cancelled));
        Assert.Equal(2, documents.Made);
    }

    private async Task<Readiness> StartAsync(OrchestrationClient engine)
    {
        Core.Storage.SessionStorage storage = new SimulatedStorage().Connect("ready");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return new Readiness(storage, engine, _time, NullLogger<Readiness>.Instance);
    }

    private sealed class CountedEngine : DelegatingOrchestrationClient
    {
        public int Asked { get; private set; }

        public bool IsDown { get; set; }

        public TaskCompletionSource? Answer { get; init; }

        protected override OrchestrationClient Inner => throw new NotSupportedException();

        public override async Task<OrchestrationPage> ListInstancesAsync(
            OrchestrationQuery query, CancellationToken cancellationToken = default)
        {
            Asked++;
            await (Answer?.Task ?? Task.CompletedTask);
            return IsDown ? throw new TimeoutException("The engine is down.") : new OrchestrationPage([], null);
        }
    }

    // The first one fails.
    private sealed class CountedDocuments : IOpenApiDocumentProvider
    {
        public int Made { get; private set; }

        public Task<OpenApiDocument> GetOpenApiDocumentAsync(CancellationToken cancellationToken = default) => ++Made == 1
            ? throw new InvalidOperationException("It cannot be made.")
            : Task.FromResult(new OpenApiDocument { Info = new OpenApiInfo { Title = "t", Version = "1" } });
    }
}
