// SPDX-License-Identifier: MIT
// Credit-score data that stands in for the course's: the same columns, size and difficulty.
//
// As in the course's data a customer has up to eight months in a row, and part of what decides the
// score is a matter of the customer that no column shows. A small model finds what the columns say;
// more and deeper trees, less regularized, also learn who is who. That is why the parameters
// matter.
//
// All arithmetic is on integers: compilers may fuse a * b + c of doubles, and then the last digit,
// and with it a score, would depend on the machine.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "common/random.hpp"
#include "credit_csv.hpp"
#include "credit_data.hpp"

namespace gridsearch {

class CreditGenerator {
 public:
  explicit CreditGenerator(std::uint64_t seed) : random_(seed) {}

  CreditRow next() {
    if (month_ == months_a_customer) {
      month_ = 0;
      customer_ = any_customer();
    }
    return row_of_month(month_++);
  }

 private:
  using Integer = std::int64_t;

  static constexpr Integer months_a_customer = 8;
  static constexpr auto occupations =
      std::to_array<const char*>({"Accountant", "Architect", "Developer", "Doctor", "Engineer",
                                  "Entrepreneur", "Journalist", "Lawyer", "Manager", "Mechanic",
                                  "Media_Manager", "Musician", "Scientist", "Teacher", "Writer"});

  // Money in cents, the credit limit's change in hundredths of a percent, standing and secret in
  // thousandths of a standard deviation.
  struct Customer {
    Integer standing, secret, occupation, age, income, accounts, cards, interest, loans, delay,
        delayed_payments, limit_change, inquiries, debt, history, installments;
    const char* mix;
    const char* minimum;
  };

  Integer between(Integer low, Integer high) {
    return low + static_cast<Integer>(random_.below(static_cast<std::size_t>(high - low + 1)));
  }
  bool chance(Integer percent) { return between(1, 100) <= percent; }

  /// Nearly normal: mean 0, standard deviation `deviation`.
  Integer bell(Integer deviation) {
    Integer sum = 0;
    for (int dice = 0; dice < 12; ++dice) sum += between(-500, 500);
    return sum * deviation / 1000;
  }

  Customer any_customer() {
    Customer c{};
    c.standing = bell(1000);
    c.secret = bell(1000);
    const auto shown = [&](Integer mean, Integer slope, Integer noise, Integer low, Integer high) {
      return std::clamp(mean + c.standing * slope / 1000 + bell(noise), low, high);
    };
    c.occupation = between(0, static_cast<Integer>(occupations.size()) - 1);
    c.age = shown(33, 2, 10, 14, 56);
    const Integer luck = between(0, 999);
    c.income = 700'000 + 5'000 * luck + luck * luck * luck * luck / 100'000 + between(0, 99'999);
    c.accounts = shown(5, -1, 2, 0, 10);
    c.cards = shown(5, -1, 2, 1, 11);
    c.interest = shown(14, -5, 6, 1, 34);
    c.loans = shown(3, -1, 2, 0, 9);
    c.delay = shown(21, -7, 10, 0, 62);
    c.delayed_payments = shown(13, -3, 5, 0, 25);
    c.limit_change = shown(1039, -150, 600, -600, 3000);
    c.inquiries = shown(6, -2, 3, 0, 17);
    c.debt = shown(142'000, -50'000, 90'000, 23, 499'800);
    c.history = shown(220, 40, 80, 1, 400);
    c.installments = c.loans * 2'400 + between(0, 9'999) * c.loans / 2;
    const Integer mix = c.standing + bell(600);
    c.mix = mix < -900 ? "Bad" : mix < 600 ? "Standard" : "Good";
    c.minimum = chance(12) ? "NM" : c.standing + bell(800) > 300 ? "No" : "Yes";
    return c;
  }

  CreditRow row_of_month(Integer month) {
    const Customer& c = customer_;
    const Integer salary = std::max<Integer>(c.income / 12 + bell(2'000), 10'000);
    const Integer delay = std::clamp<Integer>(c.delay + between(-2, 2), 0, 67);
    const Integer delayed_payments = std::max<Integer>(c.delayed_payments + between(-1, 1), 0);
    const Integer utilization = std::clamp<Integer>(3'228 + bell(512), 2'000, 5'000);
    const Integer invested = salary * between(2, 20) / 100;
    const Integer balance =
        std::max<Integer>(salary * 3 / 10 - c.installments - invested / 2 + bell(5'000), 100);
    const bool spends_much = chance(invested * 8 > salary ? 40 : 65);
    const Integer value = between(0, 999) + balance / 200;

    const std::array<Integer, number_count> cells{
        c.age,       c.income, salary,      c.accounts,        c.cards,
        c.interest,  c.loans,  delay,       delayed_payments,  c.limit_change + bell(60),
        c.inquiries, c.debt,   utilization, c.history + month, c.installments,
        invested,    balance};
    CreditRow row;
    std::size_t number = 0;
    for (const Column& column : columns)
      if (column.kind == Kind::number) {
        const double unit = column.decimals == 2 ? 100 : 1;
        row.numbers[number] = static_cast<double>(cells[number]) / unit;
        ++number;
      }
    row.categories = {occupations[static_cast<std::size_t>(c.occupation)], c.mix, c.minimum,
                      spends_much ? "High" : "Low",
                      value < 600    ? "Small"
                      : value < 1200 ? "Medium"
                                     : "Large"};
    row.is_train = chance(75);
    const Integer score = score_of(delay, utilization, spends_much, salary);
    row.credit_score = score < poor_below ? "Poor" : score < good_from ? "Standard" : "Good";
    if (!row.is_train) row.credit_score.clear();  // what the competition asks for
    lose_cells(row);
    return row;
  }

  // The columns' share, with interactions that a tree must find; the customer's; and the month's.
  Integer score_of(Integer delay, Integer utilization, bool spends_much, Integer salary) {
    const Customer& c = customer_;
    Integer score = c.standing * standing_share / 1000 + c.secret * secret_share / 1000;
    score += (15 - c.interest) * 20 + (21 - delay) * 12;
    if (delay > 30 && c.inquiries > 7) score -= 350;
    if (c.debt > 250'000 && c.interest > 18) score -= 300;
    if (c.loans <= 2 && c.history > 240) score += 300;
    if (salary > 500'000 && utilization < 3'200) score += 200;
    if (c.occupation % 3 == 0 && c.age < 30) score -= 250;
    if (spends_much && c.cards > 7) score -= 200;
    score += bell(month_noise);
    // Some scores have nothing to do with anything: the ceiling of every model.
    return chance(random_percent) ? bell(1'100) : score;
  }

  void lose_cells(CreditRow& row) {
    const auto lose = [&](const char* name, Integer percent) {
      if (chance(percent)) row.numbers[position(name)] = missing;
    };
    lose("Monthly_Inhand_Salary", 7);
    lose("Num_of_Delayed_Payment", 5);
    lose("Num_Credit_Inquiries", 2);
    lose("Credit_History_Age", 5);
    lose("Amount_invested_monthly", 3);
    lose("Monthly_Balance", 1);
    if (chance(2)) row.categories[position("Credit_Mix")].clear();
  }

  // Chosen so that about 29 % are poor and 18 % good, and that the full grid's accuracies lie
  // between 0.70 and 0.75, as in the course's log.
  static constexpr Integer poor_below = -590, good_from = 990, standing_share = 700,
                           secret_share = 350, month_noise = 250, random_percent = 19;

  course::SplitMix64 random_;
  Customer customer_{};
  Integer month_ = months_a_customer;
};

/// The table of the first `rows` generated rows.
inline CreditTable generate_credit_data(std::size_t rows, std::uint64_t seed) {
  CreditGenerator generator(seed);
  CreditTable table;
  for (std::size_t i = 0; i < rows; ++i) table.add(generator.next());
  return table;
}

/// The same rows as a CSV file, those included that the search leaves out.
inline void write_credit_data(std::ostream& stream, std::size_t rows, std::uint64_t seed) {
  CreditGenerator generator(seed);
  stream << csv_header();
  for (std::size_t i = 0; i < rows; ++i) stream << csv_line(generator.next());
}

}  // namespace gridsearch
