using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>Which users spoke, in a text whose length is bounded.</summary>
public sealed class UserPeersTests
{
    [Theory]
    [InlineData("user:- assistant:a tool:b", false, false)]
    [InlineData("user:a assistant:b user:a user:-", true, false)]
    [InlineData("user:a user:b user:a", true, true)]
    [InlineData("user:a user:A", true, true)]
    public void Users_are_one_or_several(string messages, bool hasFirst, bool hasOthers)
    {
        UserPeers users = messages.Split(' ').Select(static m => m.Split(':')).Aggregate(
            new UserPeers(), static (u, m) => u.With(Message(m[0], m[1] == "-" ? null : m[1])));
        Assert.Equal((hasFirst, hasOthers), (users.First is not null, users.HasOthers));
    }

    [Fact]
    public void Ids_of_any_length_and_number_take_the_same_room_and_differ_by_their_ends()
    {
        string id = new('x', 4_096);
        UserPeers one = new UserPeers().With(Message("user", id)).With(Message("user", id));
        Assert.Equal((64, false), (one.First!.Length, one.HasOthers));
        UserPeers many = Enumerable.Range(0, 100).Aggregate(one, (u, i) => u.With(Message("user", $"{id}{i}")));
        Assert.Equal(one with { HasOthers = true }, many);
        Assert.Equal(many, StoreJson.Read<UserPeers>(StoreJson.Write(many)));
    }

    private static SessionMessage Message(string role, string? peer) => SessionMessage.Parse(JsonSerializer.SerializeToUtf8Bytes(
        new { id = "m", role, parts = Array.Empty<object>(), created_at = "2026-01-01T00:00:00.000000+00:00", peer_id = peer }));
}
