using DurableSessions.Http.Envelope;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>Clients that take events slowly, and that go away.</summary>
public sealed class EventStreamTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ApplicationLifetime _host = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly SlowBody _body = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _body.Dispose();

    [Fact]
    public async Task No_event_is_made_before_the_client_has_taken_the_one_before()
    {
        int made = 0;
        Task stream = RunAsync(async events =>
        {
            for (int i = 0; i < 3; i++)
            {
                int next = await events.NextAsync(_ => Task.FromResult(++made));
                await events.SendAsync($"data: {next}\n\n");
            }
        });
        Assert.Equal("retry: 1000\n\n", await _body.TakeAsync());
        for (int i = 1; i <= 3; i++)
        {
            Assert.Equal($"data: {i}\n\n", await _body.TakeAsync(() => Assert.Equal(i, made)));
        }

        await stream;
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_what_is_waited_for_also_where_it_takes_nothing()
    {
        var waits = new TaskCompletionSource<CancellationToken>();
        Task stream = RunAsync(events => events.NextAsync(async ended =>
        {
            waits.SetResult(ended);
            await Task.Delay(Timeout.Infinite, ended);
            return 0;
        }));
        await _body.TakeAsync();
        CancellationToken wait = await waits.Task;

        // The comment is what it does not take.
        _time.Advance(EventStream.Heartbeat);
        await _body.Writing;
        Assert.False(wait.IsCancellationRequested);
        _body.Break();
        await Assert.ThrowsAsync<IOException>(() => stream.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
        Assert.True(wait.IsCancellationRequested);
    }

    private async Task RunAsync(Func<EventStream, Task> send)
    {
        await using ServiceProvider services =
            new ServiceCollection().AddSingleton<IHostApplicationLifetime>(_host).BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = services };
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_body));
        await EventStream.RunAsync(http, _time, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1), send);
    }

    // A connection whose client takes one write at a time, when the test says.
    private sealed class SlowBody : MemoryStream
    {
        private TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource<string> _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Writing => _writing.Task;

        public async Task<string> TakeAsync(Action? before = null)
        {
            string text = await Writing.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
            before?.Invoke();
            _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _taken, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            return text;
        }

        public void Break() => _taken.SetException(new IOException("The client has gone."));

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Task taken = _taken.Task;
            _writing.SetResult(System.Text.Encoding.UTF8.GetString(buffer.Span));
            await taken.WaitAsync(cancellationToken);
        }
    }
}
