using CsCheck;
using DurableSessions.Engine.Running;

namespace DurableSessions.Engine.Tests;

/// <summary>Who is next where activities of one name wait for a slot.</summary>
public sealed class FairGateTests
{
    private const int Keys = 4;

    [Fact]
    public void A_key_that_joins_a_backlog_has_the_next_slot()
    {
        var gate = new FairGate(2);
        List<string> order = [];
        Queue<Slot> running = new();
        for (int i = 0; i < 1_000; i++)
        {
            Enter("a");
        }

        Enter("b");
        running.Dequeue().GiveBack();
        running.Dequeue().GiveBack();
        Enter("b");
        running.Dequeue().GiveBack();
        running.Dequeue().GiveBack();

        Assert.Equal(["a", "a", "b", "a", "b", "a"], order);

        void Enter(string key) => gate.Enter(key, slot =>
        {
            order.Add(key);
            running.Enqueue(slot);
        });
    }

    [Fact]
    public void Keys_have_their_turns_and_no_slot_is_lost_or_granted_twice() =>
        Gen.Select(Gen.Int[1, 3], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 1_000]).List[1, 200])
            .Sample((limit, steps) => new Model(limit).Run(steps), iter: 2_000);

    [Fact]
    public void A_slot_that_is_given_back_twice_counts_once()
    {
        var gate = new FairGate(1);
        Slot? first = null;
        gate.Enter("a", slot => first = slot);
        first!.GiveBack();
        first.GiveBack();
        int entered = 0;
        gate.Enter("a", _ => entered++);
        gate.Enter("a", _ => entered++);

        Assert.Equal(1, entered);
        Assert.True(gate.IsFull);
    }

    [Fact]
    public async Task Calls_from_many_threads_all_run_and_never_more_than_the_limit()
    {
        const int Threads = 8;
        const int Calls = 2_000;
        var gate = new FairGate(3);
        int running = 0;
        int most = 0;
        int withdrawn = 0;
        int over = 0;
        var all = new TaskCompletionSource();
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int call = 0; call < Calls; call++)
            {
                GateTicket ticket = gate.Enter($"{(thread + call) % Keys}", slot => _ = Task.Run(() =>
                {
                    int now = Interlocked.Increment(ref running);
                    int seen;
                    while ((seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen)
                    {
                    }

                    Interlocked.Decrement(ref running);
                    slot.GiveBack();
                    CountOver();
                }));
                if (call % 3 == 0 && gate.TryWithdraw(ticket))
                {
                    Interlocked.Increment(ref withdrawn);
                    CountOver();
                }
            }
        })));
        await all.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.InRange(most, 1, 3);
        Assert.False(gate.IsFull);

        void CountOver()
        {
            if (Interlocked.Increment(ref over) == Threads * Calls)
            {
                all.SetResult();
            }
        }
    }

    [Fact]
    public void A_key_has_its_turn_though_new_keys_come_without_end()
    {
        var queue = new FairQueue<string>();
        queue.Turn("old");
        queue.Add("old", "old");
        for (int key = 0; key < 200; key++)
        {
            queue.Add($"{key}", "new");
            Assert.True(queue.TryTake(out string? taken));
            if (taken == "old")
            {
                return;
            }
        }

        Assert.Fail("200 keys that came later had their turns first.");
    }

    [Fact]
    public void Keys_that_have_not_been_seen_for_long_are_forgotten()
    {
        var queue = new FairQueue<int>();
        for (int key = 0; key < 10_000; key++)
        {
            queue.Add($"{key}", key);
            Assert.True(queue.TryTake(out int taken));
            Assert.Equal(key, taken);
            queue.Turn($"direct {key}");
        }

        Assert.Equal(0, queue.Count);
        Assert.Equal(1_000, queue.Lines);
    }

    private sealed class Model(int limit)
    {
        private readonly FairGate _gate = new(limit);
        private readonly List<Slot> _running = [];
        private readonly List<(int Key, int Number, GateTicket Ticket)> _waiting = [];

        // For each key that waits: which other keys have had a turn since it waits, or since its own last turn.
        private readonly HashSet<int>[] _turns = [.. Enumerable.Range(0, Keys).Select(static _ => new HashSet<int>())];
        private int _numbers;

        public bool Run(List<(int Kind, int Draw)> steps)
        {
            foreach ((int kind, int draw) in steps)
            {
                Step(kind, draw);
                Assert.InRange(_running.Count, 0, limit);
                Assert.True(_running.Count == limit || _waiting.Count == 0, "A slot is free, and a ticket waits.");
                Assert.Equal(_running.Count == limit, _gate.IsFull);
                Assert.All(_waiting, static w => Assert.True(w.Ticket.IsWaiting));
            }

            while (_running.Count > 0)
            {
                Leave(0);
            }

            Assert.Empty(_waiting);
            return true;
        }

        private void Step(int kind, int draw)
        {
            switch (kind)
            {
                case 0 or 1 or 2:
                    Enter(draw % Keys);
                    break;
                case 3 or 4 when _running.Count > 0:
                    Leave(draw % _running.Count);
                    break;
                case 5 when _waiting.Count > 0:
                    Withdraw(draw % _waiting.Count);
                    break;
                default:
                    break;
            }
        }

        private void Enter(int key)
        {
            int number = _numbers++;
            bool granted = false;
            GateTicket ticket = _gate.Enter($"{key}", slot =>
            {
                Assert.False(granted);
                granted = true;
                _running.Add(slot);
                Turn(key, number);
            });
            if (!granted)
            {
                if (_waiting.All(w => w.Key != key))
                {
                    _turns[key].Clear();
                }

                _waiting.Add((key, number, ticket));
            }
        }

        private void Leave(int index)
        {
            Slot slot = _running[index];
            _running.RemoveAt(index);
            slot.GiveBack();
        }

        private void Withdraw(int index)
        {
            Assert.True(_gate.TryWithdraw(_waiting[index].Ticket));
            Assert.False(_gate.TryWithdraw(_waiting[index].Ticket));
            _waiting.RemoveAt(index);
        }

        private void Turn(int key, int number)
        {
            int first = _waiting.FindIndex(w => w.Key == key);
            if (first >= 0)
            {
                Assert.Equal(number, _waiting[first].Number);
                _waiting.RemoveAt(first);
            }

            _turns[key].Clear();
            foreach (int other in _waiting.Select(static w => w.Key).Distinct().Where(k => k != key))
            {
                Assert.True(_turns[other].Add(key), $"Key {key} had two turns while {other} waited.");
            }
        }
    }
}
