using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Engine.Telemetry;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

/// <summary>Which parked instances a host remembers.</summary>
public sealed class ParkedInstancesTests
{
    private readonly ActivityDispatcher _dispatcher;
    private readonly ParkedInstances _parked;
    private readonly List<Slot> _running = [];
    private readonly List<Task<(string Id, ReservedSlot Slot)>> _claims = [];
    private readonly Queue<TaskCompletionSource<(string Id, ReservedSlot Slot)>> _expected = new();

    public ParkedInstancesTests()
    {
        var registry = new OrchestrationRegistry();
        registry.AddActivity("digest", static () => throw new InvalidOperationException());
        registry.AddActivity("archive", static () => throw new InvalidOperationException());
        _dispatcher = new ActivityDispatcher(
            registry, static () => "host", new EngineOptions { MaxConcurrentActivities = 1 }, new EngineMeter(null), TimeProvider.System);
        _parked = new ParkedInstances(_dispatcher, new EngineLifetime(), capacity: 10);
        for (int i = 0; i < 20; i++)
        {
            var claim = new TaskCompletionSource<(string Id, ReservedSlot Slot)>();
            _expected.Enqueue(claim);
            _claims.Add(claim.Task);
        }

        _parked.Open((id, slot) =>
        {
            lock (_expected)
            {
                _expected.Dequeue().SetResult((id, slot));
            }

            return Task.CompletedTask;
        });
        _dispatcher.Gate("digest").Enter("x", _running.Add);
        _dispatcher.Gate("archive").Enter("x", _running.Add);
    }

    [Fact]
    public async Task One_that_waits_for_two_activities_is_claimed_once_and_the_other_slot_goes_on()
    {
        _parked.Offer(Header("both", "a", "digest", "archive"));
        _parked.Offer(Header("one", "a", "archive"));
        _running[0].GiveBack();
        (string id, ReservedSlot slot) = await _claims[0].WaitAsync(TimeSpan.FromSeconds(30));
        _running[1].GiveBack();
        (string next, ReservedSlot nextSlot) = await _claims[1].WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(("both", "digest"), (id, slot.Activity));
        Assert.Equal(("one", "archive"), (next, nextSlot.Activity));
        Assert.Equal(0, _parked.Count);
    }

    [Fact]
    public void Beyond_the_capacity_the_key_with_the_most_loses_its_newest()
    {
        for (int i = 0; i < 12; i++)
        {
            _parked.Offer(Header($"a{i}", "a", "digest"));
        }

        Assert.Equal(10, _parked.Count);
        _parked.Offer(Header("b0", "b", "digest"));
        Assert.Equal(10, _parked.Count);
        Assert.Equal(["b0", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"], Claimed(10).Order(new Turns()));
    }

    [Fact]
    public void What_a_complete_listing_did_not_have_is_forgotten()
    {
        _parked.Offer(Header("gone", "a", "digest"));
        _parked.Offer(Header("stays", "a", "digest"));
        _parked.BeginListing();
        _parked.Offer(Header("stays", "a", "digest"));
        _parked.Offer(Header("new", "a", "digest"));
        _parked.EndListing();

        Assert.Equal(["stays", "new"], Claimed(2));
    }

    [Fact]
    public async Task A_slot_that_is_granted_while_its_instance_is_forgotten_is_not_lost()
    {
        const int Instances = 50_000;
        var parked = new ParkedInstances(_dispatcher, new EngineLifetime());
        parked.Open(static (_, slot) =>
        {
            slot.Slot.GiveBack();
            return Task.CompletedTask;
        });
        _running[0].GiveBack();
        await Task.WhenAll(
            Task.Run(() => Each(i => parked.Offer(Header($"{i}", "a", "digest")))),
            Task.Run(() => Each(i => parked.Remove($"{i}"))));
        Each(i => parked.Remove($"{i}"));
        Assert.Equal(0, parked.Count);
        Assert.True(SpinWait.SpinUntil(() => !_dispatcher.Gate("digest").IsFull, TimeSpan.FromSeconds(30)));

        static void Each(Action<int> act)
        {
            for (int i = 0; i < Instances; i++)
            {
                act(i);
            }
        }
    }

    [Fact]
    public void What_this_host_cannot_run_is_not_noted()
    {
        _parked.Offer(Header("strange", "a", "unheard-of"));

        Assert.Equal(0, _parked.Count);
    }

    // In the order in which they have their slots.
    private List<string> Claimed(int count)
    {
        List<string> ids = [];
        Slot slot = _running[0];
        for (int i = 0; i < count; i++)
        {
            slot.GiveBack();
            (string id, ReservedSlot next) = _claims[i].WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
            ids.Add(id);
            slot = next.Slot;
        }

        Assert.Equal(0, _parked.Count);
        return ids;
    }

    private static InstanceHeader Header(string id, string key, params string[] waitsFor) => new()
    {
        Id = id,
        Name = "commit",
        FairnessKey = key,
        Generation = 1,
        Status = OrchestrationRuntimeStatus.Running,
        Created = default,
        Updated = default,
        WaitsFor = waitsFor,
    };

    // Keys with few first.
    private sealed class Turns : IComparer<string>
    {
        public int Compare(string? x, string? y) => string.CompareOrdinal(x!.Replace('b', ' '), y!.Replace('b', ' '));
    }
}
